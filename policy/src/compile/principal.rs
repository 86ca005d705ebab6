//! A value of `principals`, with the trust-domain aliases of the mesh (S-11).

use crate::compile::Context;
use crate::matcher::principal::PrincipalMatcher;

/// The trust domain that Istio's documents write for "this mesh", whatever it is called.
const THIS_MESH: &str = "cluster.local";

pub(crate) fn compile(value: &str, context: &Context) -> impl Iterator<Item = PrincipalMatcher> {
    let spellings = spellings(value, context).into_iter();
    spellings.map(|value| PrincipalMatcher::new(context.profile, &value))
}

/// The value under every trust domain of the mesh, if it names one of them; sorted, and none twice.
///
/// Only the five-part form `td/ns/N/sa/S` is rewritten, as in Istio: `td/ns/N/*` is not.
#[expect(
    clippy::disallowed_methods,
    reason = "the place to insert at comes from a search of the same list"
)]
pub(crate) fn spellings(value: &str, context: &Context) -> Vec<String> {
    let value = PrincipalMatcher::without_scheme(context.profile, value);
    match value.split_once('/') {
        Some((trust_domain, path))
            if trust_domain != "*"
                && path.split('/').count() == 4
                && names_this_mesh(trust_domain, context) =>
        {
            let mut spellings = Vec::with_capacity(context.trust_domains.len());
            for own in context.trust_domains.iter() {
                let spelling = respelled(value, trust_domain, path, own.as_str());
                if let Err(place) = spellings.binary_search(&spelling) {
                    spellings.insert(place, spelling);
                }
            }
            spellings
        }
        Some(_) | None => vec![value.to_owned()],
    }
}

fn names_this_mesh(trust_domain: &str, context: &Context) -> bool {
    trust_domain == THIS_MESH
        || context.trust_domains.iter().any(|own| {
            let own = own.as_str();
            trust_domain == own
                || trust_domain
                    .strip_prefix('*')
                    .is_some_and(|suffix| own.ends_with(suffix))
                || trust_domain
                    .strip_suffix('*')
                    .is_some_and(|prefix| own.starts_with(prefix))
        })
}

/// A trust domain that a leading star already covers keeps the star.
fn respelled(value: &str, trust_domain: &str, path: &str, own: &str) -> String {
    match trust_domain.strip_prefix('*') {
        Some(suffix) if own.ends_with(suffix) => value.to_owned(),
        Some(_) | None => format!("{own}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::trust_domain::TrustDomain;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn spelled(value: &str, trust_domains: &[&str]) -> Vec<String> {
        let trust_domains = trust_domains
            .iter()
            .map(|name| TrustDomain::parse(name).unwrap())
            .collect();
        spellings(
            value,
            &Context {
                profile: Profile::Istio,
                trust_domains,
            },
        )
    }

    #[test]
    fn a_principal_of_the_mesh_is_meant_under_every_alias() {
        let expected = ["new.example/ns/a/sa/b", "old.example/ns/a/sa/b"];
        for value in [
            "new.example/ns/a/sa/b",
            "old.example/ns/a/sa/b",
            "cluster.local/ns/a/sa/b",
        ] {
            assert_eq!(
                spelled(value, &["new.example", "old.example"]),
                expected,
                "{value}"
            );
        }
        assert_eq!(
            spelled("new.example/ns/a/sa/*", &["new.example", "old.example"]).len(),
            2
        );
    }

    #[test]
    fn cluster_local_means_the_mesh_even_under_another_name() {
        assert_eq!(
            spelled("cluster.local/ns/a/sa/b", &["new.example"]),
            ["new.example/ns/a/sa/b"]
        );
    }

    #[test]
    fn a_star_that_covers_a_trust_domain_is_kept() {
        let spellings = spelled("*-td/ns/a/sa/b", &["my-td", "other"]);
        assert_eq!(spellings, ["*-td/ns/a/sa/b", "other/ns/a/sa/b"]);
    }

    #[test]
    fn other_shapes_and_other_trust_domains_stay_as_they_are() {
        for value in [
            "new.example/ns/a/*",
            "*/ns/a/sa/b",
            "partner/ns/a/sa/b",
            "new.example/ns/a/sa/b/c",
            "*",
        ] {
            assert_eq!(spelled(value, &["new.example", "old.example"]), [value]);
        }
    }
}
