//! [`RawPluginConfig`]: the whole plugin configuration, what WasmPlugin's `pluginConfig` holds.

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::resource::RawResource;
use crate::config::values::{anything, non_empty_text, text, text_map};
use crate::profile::Profile;
use crate::trust_domain::TrustDomain;
use crate::workload::Workload;

/// A plugin configuration. The default of each field is written where it is read.
#[derive(Clone, Debug)]
pub(crate) struct RawPluginConfig {
    pub(crate) profile: Profile,
    pub(crate) mesh: Mesh,
    pub(crate) workload: NamedWorkload,
    /// The resources, in the order of the document.
    pub(crate) resources: Vec<RawResource>,
}

/// Whether the document names the workload.
#[derive(Clone, Debug)]
pub(crate) enum NamedWorkload {
    /// It does not: the proxy's node metadata must.
    ByNode,
    /// It does.
    Here(Workload),
    /// It tries to; the problem has been noted.
    Unreadable,
}

/// What is the same for the whole mesh.
#[derive(Clone, Debug)]
pub(crate) struct Mesh {
    pub(crate) trust_domain: TrustDomain,
    pub(crate) trust_domain_aliases: Vec<TrustDomain>,
    pub(crate) root_namespace: String,
}

impl RawPluginConfig {
    /// Reads the document; `None` after a problem that leaves nothing to compile.
    pub(crate) fn read(document: &Document, problems: &mut Problems) -> Option<Self> {
        let at = FieldPath::Root;
        let mut fields = Fields::of(document, &at, problems)?;
        let profile = fields
            .optional("profile", problems, read_profile)
            .unwrap_or(Profile::ZeroTrust);
        let mesh = fields
            .optional("mesh", problems, anything)
            .unwrap_or(Document::Map(Vec::new()));
        let names_workload = fields.has("workload");
        let workload = match fields.optional("workload", problems, read_workload) {
            Some(workload) => NamedWorkload::Here(workload),
            None if names_workload => NamedWorkload::Unreadable,
            None => NamedWorkload::ByNode,
        };
        let what = "the list of resources; write `resources: []` for none";
        let resources = fields.required("resources", what, problems, anything);
        fields.finish(problems);
        let mesh = Mesh::read(&mesh, &at.field("mesh"), problems);
        let resources = resources.map(|list| read_resources(&list, &at.field("resources"), problems));
        Some(Self {
            profile,
            mesh: mesh?,
            workload,
            resources: resources??,
        })
    }
}

fn read_profile(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Profile> {
    let name = text(document, at, problems)?;
    let profile = Profile::from_name(&name);
    if profile.is_none() {
        problems.invalid(at, &name, format!("a profile: {}", Profile::NAMES.join(" or ")));
    }
    profile
}

fn read_workload(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Workload> {
    let mut fields = Fields::of(document, at, problems)?;
    let namespace = fields.required("namespace", "the workload's namespace", problems, non_empty_text);
    let labels = fields.optional("labels", problems, text_map).unwrap_or_default();
    fields.finish(problems);
    Some(Workload {
        namespace: namespace?,
        labels,
    })
}

impl Mesh {
    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let trust_domain = fields.optional("trustDomain", problems, read_trust_domain);
        let aliases = fields.list("trustDomainAliases", problems, read_trust_domain);
        let root_namespace = fields.optional("rootNamespace", problems, non_empty_text);
        fields.finish(problems);
        // Istio's defaults (mesh/v1alpha1).
        Some(Self {
            trust_domain: trust_domain.or_else(|| TrustDomain::parse("cluster.local").ok())?,
            trust_domain_aliases: aliases.unwrap_or_default(),
            root_namespace: root_namespace.unwrap_or_else(|| "istio-system".to_owned()),
        })
    }
}

fn read_trust_domain(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<TrustDomain> {
    let name = text(document, at, problems)?;
    let trust_domain = TrustDomain::parse(&name);
    if trust_domain.is_err() {
        problems.invalid(
            at,
            &name,
            "a trust domain: lower-case letters, digits, `.`, `-` and `_`",
        );
    }
    trust_domain.ok()
}

/// Reads every resource, and notes two of one kind, namespace and name.
fn read_resources(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<Vec<RawResource>> {
    let Document::List(items) = document else {
        let found = document.kind();
        problems.add(
            at,
            ConfigErrorKind::Type {
                expected: "a list",
                found,
            },
        );
        return None;
    };
    let mut resources = Vec::with_capacity(items.len());
    let mut names = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        let Some(resource) = RawResource::read(item, &at, problems) else {
            continue;
        };
        if !names.insert((resource.kind(), resource.metadata().id.clone())) {
            let name = format!("{} {}", resource.kind(), resource.metadata().id);
            problems.add(&at, ConfigErrorKind::DuplicateResource(name));
        }
        resources.push(resource);
    }
    Some(resources)
}
