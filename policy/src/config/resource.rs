//! [`RawResource`]: one Kubernetes document of a kind that is served here.

use crate::config::authorization_policy::RawAuthorizationPolicy;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::metadata::{DRY_RUN, Enforcement, Metadata};
use crate::config::peer_authentication::RawPeerAuthentication;
use crate::config::values::text;

/// The versions under which Istio serves its security API; they carry the same fields.
const API_VERSIONS: [&str; 2] = ["security.istio.io/v1", "security.istio.io/v1beta1"];

/// One resource, by its kind. Without metadata after a problem there: the rest is still worth reading.
#[derive(Clone, Debug)]
pub(crate) enum RawResource {
    AuthorizationPolicy(Option<Metadata>, RawAuthorizationPolicy),
    PeerAuthentication(Option<Metadata>, RawPeerAuthentication),
}

/// The kinds of resource that are served.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    AuthorizationPolicy,
    PeerAuthentication,
}

impl RawResource {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let version = "the version of the API, such as `security.istio.io/v1`";
        let _ = fields.required("apiVersion", version, problems, read_api_version);
        let kind = fields.required("kind", "the kind of the resource", problems, Kind::read);
        let metadata = fields.required(
            "metadata",
            "name and namespace of the resource",
            problems,
            Metadata::read,
        );
        let spec = fields.unread("spec");
        fields.ignore(&["status"]);
        fields.finish(problems);
        // An absent spec is an empty one: for an AuthorizationPolicy "allow nothing" (S-4).
        let spec = spec.unwrap_or(const { &Document::Map(Vec::new()) });
        let metadata_at = at.field("metadata");
        let at = at.field("spec");
        match kind? {
            Kind::AuthorizationPolicy => {
                let policy = RawAuthorizationPolicy::read(spec, &at, problems)?;
                check_dry_run(
                    metadata.as_ref(),
                    policy.dry_run_conflict(),
                    &metadata_at,
                    problems,
                );
                Some(Self::AuthorizationPolicy(metadata, policy))
            }
            Kind::PeerAuthentication => {
                let authentication = RawPeerAuthentication::read(spec, &at, problems)?;
                let conflict = Some("a PeerAuthentication has no dry run");
                check_dry_run(metadata.as_ref(), conflict, &metadata_at, problems);
                Some(Self::PeerAuthentication(metadata, authentication))
            }
        }
    }
}

/// Notes the annotation on what cannot be a dry run (S-8).
fn check_dry_run(
    metadata: Option<&Metadata>,
    conflict: Option<&'static str>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) {
    let is_dry_run = metadata.is_some_and(|metadata| metadata.enforcement == Enforcement::DryRun);
    if let Some(conflict) = conflict.filter(|_| is_dry_run) {
        let annotations = at.field("annotations");
        problems.add(&annotations.field(DRY_RUN), ConfigErrorKind::Conflict(conflict));
    }
}

fn read_api_version(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<()> {
    let version = text(document, at, problems)?;
    if !API_VERSIONS.contains(&version.as_str()) {
        problems.invalid(
            at,
            &version,
            "`security.istio.io/v1` or `security.istio.io/v1beta1`",
        );
    }
    Some(())
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AuthorizationPolicy => "AuthorizationPolicy",
            Self::PeerAuthentication => "PeerAuthentication",
        }
    }

    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let kind = text(document, at, problems)?;
        match kind.as_str() {
            "AuthorizationPolicy" => return Some(Self::AuthorizationPolicy),
            "PeerAuthentication" => return Some(Self::PeerAuthentication),
            "RequestAuthentication" => {
                let why = "a RequestAuthentication is served by Envoy's jwt_authn filter in front of this one: leave \
                           it out here";
                problems.add(at, ConfigErrorKind::Conflict(why));
            }
            _ => problems.invalid(at, &kind, "a kind: AuthorizationPolicy or PeerAuthentication"),
        }
        None
    }
}
