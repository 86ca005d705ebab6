//! [`RawPluginConfig`]: the whole plugin configuration, what WasmPlugin's `pluginConfig` holds.

use crate::config::ambiguous_paths::{AmbiguousPaths, read_ambiguous_paths};
use crate::config::audit::Audit;
use crate::config::document::Document;
use crate::config::error::{Mark, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, wrong_kind};
use crate::config::outline::RESOURCES;
use crate::config::svid::RawSvid;
use crate::config::values::{non_empty_text, text, text_map};
use crate::profile::Profile;
use crate::trust_domain::TrustDomain;
use crate::workload::{ServiceKind, Waypoint, WaypointService, Workload};

/// A plugin configuration without its resources. The default of each field is written where it is read.
#[derive(Clone, Debug)]
pub(crate) struct RawPluginConfig {
    pub(crate) profile: Profile,
    pub(crate) mesh: Mesh,
    pub(crate) workload: NamedWorkload,
    pub(crate) custom: CustomPolicies,
    pub(crate) direct_remote_address_key: Option<String>,
    pub(crate) ambiguous_paths: AmbiguousPaths,
    pub(crate) svid: RawSvid,
    pub(crate) audit: Audit,
    /// Where the problems of the resources belong.
    pub(crate) resources: Mark,
}

/// What becomes of CUSTOM policies, which an external authorizer serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CustomPolicies {
    /// The configuration is refused.
    Refuse,
    /// They are passed over, with a notice.
    Ignore,
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
    /// Reads the document, whose resources are read elsewhere; `None` after a problem that leaves nothing to compile.
    pub(crate) fn read(document: &Document, problems: &mut Problems) -> Option<Self> {
        let at = FieldPath::Root;
        let mut fields = Fields::of(document, &at, problems)?;
        let profile = fields
            .optional("profile", problems, read_profile)
            .unwrap_or(Profile::ZeroTrust);
        let mesh = fields
            .optional("mesh", problems, Mesh::read)
            .or_else(Mesh::istio_default);
        let names_workload = fields.has("workload");
        let workload = match fields.optional("workload", problems, read_workload) {
            Some(workload) => NamedWorkload::Here(workload),
            None if names_workload => NamedWorkload::Unreadable,
            None => NamedWorkload::ByNode,
        };
        let custom = fields.optional("custom", problems, read_custom);
        let direct_remote_address_key = fields.optional("directRemoteAddressKey", problems, non_empty_text);
        let ambiguous_paths = read_ambiguous_paths(&mut fields, profile, problems);
        let svid = fields.optional("svid", problems, RawSvid::read);
        let audit = fields.optional("audit", problems, Audit::read);
        let what = "the list of resources; write `resources: []` for none";
        let _ = fields.required(RESOURCES, what, problems, read_resources);
        let resources = problems.mark();
        fields.finish(problems);
        Some(Self {
            profile,
            mesh: mesh?,
            workload,
            custom: custom.unwrap_or(CustomPolicies::Refuse),
            direct_remote_address_key,
            ambiguous_paths,
            svid: svid.unwrap_or_default(),
            audit: audit.unwrap_or_default(),
            resources,
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

fn read_custom(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<CustomPolicies> {
    let word = text(document, at, problems)?;
    match word.as_str() {
        "refuse" => Some(CustomPolicies::Refuse),
        "ignore" => Some(CustomPolicies::Ignore),
        _ => {
            problems.invalid(at, &word, "`refuse` or `ignore`");
            None
        }
    }
}

fn read_workload(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Workload> {
    let mut fields = Fields::of(document, at, problems)?;
    let namespace = fields.required("namespace", "the workload's namespace", problems, non_empty_text);
    let labels = fields.optional("labels", problems, text_map).unwrap_or_default();
    let waypoint = fields.optional("waypoint", problems, read_waypoint);
    fields.finish(problems);
    Some(Workload {
        namespace: namespace?,
        labels,
        waypoint,
    })
}

fn read_waypoint(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Waypoint> {
    let mut fields = Fields::of(document, at, problems)?;
    let services = fields.list("services", problems, read_service);
    fields.finish(problems);
    let services = services
        .unwrap_or_default()
        .into_iter()
        .map(|(_, service)| service);
    Some(Waypoint {
        services: services.collect(),
    })
}

fn read_service(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<WaypointService> {
    let mut fields = Fields::of(document, at, problems)?;
    let kind = fields.required("kind", "the kind of the service", problems, read_service_kind);
    let name = fields.required("name", "the name of the service", problems, non_empty_text);
    let namespace = fields.required("namespace", "the service's namespace", problems, non_empty_text);
    fields.finish(problems);
    Some(WaypointService {
        kind: kind?,
        name: name?,
        namespace: namespace?,
    })
}

fn read_service_kind(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<ServiceKind> {
    let kind = text(document, at, problems)?;
    match kind.as_str() {
        "Service" => Some(ServiceKind::Service),
        "ServiceEntry" => Some(ServiceKind::ServiceEntry),
        _ => {
            problems.invalid(at, &kind, "the kind of a service: Service or ServiceEntry");
            None
        }
    }
}

impl Mesh {
    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let trust_domain = fields.optional("trustDomain", problems, read_trust_domain);
        let aliases = fields.list("trustDomainAliases", problems, read_trust_domain);
        let root_namespace = fields.optional("rootNamespace", problems, non_empty_text);
        fields.finish(problems);
        let Self {
            trust_domain: own,
            trust_domain_aliases: _,
            root_namespace: root,
        } = Self::istio_default()?;
        let aliases = aliases.unwrap_or_default().into_iter().map(|(_, alias)| alias);
        Some(Self {
            trust_domain: trust_domain.unwrap_or(own),
            trust_domain_aliases: aliases.collect(),
            root_namespace: root_namespace.unwrap_or(root),
        })
    }

    /// Istio's defaults (mesh/v1alpha1); the name of the trust domain always parses.
    fn istio_default() -> Option<Self> {
        Some(Self {
            trust_domain: TrustDomain::parse("cluster.local").ok()?,
            trust_domain_aliases: Vec::new(),
            root_namespace: "istio-system".to_owned(),
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

/// Notes what is no list.
fn read_resources(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<()> {
    if document.as_list().is_none() {
        wrong_kind(document, at, "a list", problems);
    }
    Some(())
}
