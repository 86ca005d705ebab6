//! Trust domains in principals (S-11).

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

/// The trust domain that Istio's documents write for "this mesh".
const THIS_MESH: &str = "cluster.local";

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if *value.key() != StatedKey::Principals {
        return None;
    }
    let text = context.without_scheme(value.text());
    let (trust_domain, path) = text.split_once('/')?;
    if trust_domain.contains(['*', ':']) || trust_domain.is_empty() || trust_domain == "ns" {
        return None;
    }
    let has_five_parts = path.split('/').count() == 4;
    let is_own = context.trust_domains().any(|own| own == trust_domain);
    let found = match (trust_domain == THIS_MESH, is_own, has_five_parts) {
        (true, false, true) => means_mesh(context, path, value),
        (true, false, false) => literal_cluster_local(context, path, value),
        (_, true, false) => one_of_several(context, trust_domain, path, value)?,
        (_, true, true) => return None,
        (false, false, _) => foreign(context, trust_domain, value),
    };
    Some(found)
}

fn means_mesh(context: &Context<'_>, path: &str, value: &PlacedValue<'_>) -> Lint {
    let mesh = &context.configuration.trust_domain;
    let message = format!(
        "`{}` means `{mesh}/{path}`: the mesh is not called cluster.local",
        value.text()
    );
    let lint = Lint::new(LintCode::ClusterLocal, &value.value.at, message);
    lint.help(format!("write `{mesh}/{path}`"))
}

/// Four parts are taken literally.
fn literal_cluster_local(context: &Context<'_>, path: &str, value: &PlacedValue<'_>) -> Lint {
    let mesh = &context.configuration.trust_domain;
    let message = format!(
        "`{}` is taken literally and matches nobody of the mesh, which is called {mesh}: only `td/ns/N/sa/S` is rewritten",
        value.text()
    );
    let lint = Lint::new(LintCode::NoAlias, &value.value.at, message);
    lint.help(format!("write `{mesh}/{path}`"))
}

fn one_of_several(
    context: &Context<'_>,
    trust_domain: &str,
    path: &str,
    value: &PlacedValue<'_>,
) -> Option<Lint> {
    let others: Vec<&str> = context
        .trust_domains()
        .filter(|own| *own != trust_domain)
        .collect();
    let first = others.first()?;
    let message = format!(
        "`{}` holds for {trust_domain} alone, not for {}: only `td/ns/N/sa/S` is meant under every name of the mesh",
        value.text(),
        others.join(", ")
    );
    let lint = Lint::new(LintCode::NoAlias, &value.value.at, message);
    Some(lint.help(format!("add `{first}/{path}`, or use `namespaces`")))
}

fn foreign(context: &Context<'_>, trust_domain: &str, value: &PlacedValue<'_>) -> Lint {
    let known: Vec<&str> = context.trust_domains().collect();
    let message = format!(
        "`{}` is in trust domain {trust_domain}, which is none of the mesh's ({}): it matches only peers that come by \
         federation",
        value.text(),
        known.join(", ")
    );
    let lint = Lint::new(LintCode::ForeignTrustDomain, &value.value.at, message);
    lint.help(format!(
        "if {trust_domain} is a name of this mesh, add it to `mesh.trustDomainAliases`"
    ))
}
