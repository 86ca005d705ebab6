//! [`PolicySet`]: what applies to one workload, compiled.

use std::num::NonZeroU64;
use std::sync::Arc;

use crate::attached::Attached;
use crate::compile::policy_set::compile;
use crate::config::ambiguous_paths::AmbiguousPaths;
use crate::config::audit::Audit;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, ConfigErrors, Problems};
use crate::config::field_path::FieldPath;
use crate::config::limits::Limits;
use crate::config::notice::ConfigNotice;
use crate::config::outline::Outline;
use crate::decision::PolicyId;
use crate::input::{Input, Inputs};
use crate::mtls::{MtlsMode, MtlsModes};
use crate::profile::Profile;
use crate::rule::header_names::HeaderNames;
use crate::svid_settings::{RequiredSvid, SvidSettings};
use crate::trust_domain::TrustDomain;
use crate::workload::Workload;

/// A plugin configuration, compiled for the workload that this proxy guards.
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(crate) profile: Profile,
    /// The mesh's trust domain first, then its aliases.
    pub(crate) trust_domains: Arc<[TrustDomain]>,
    pub(crate) workload: Arc<Workload>,
    pub(crate) mtls: MtlsModes,
    pub(crate) attached: Attached,
    /// What any of the policies reads.
    pub(crate) inputs: Inputs,
    /// What those read that decide.
    pub(crate) enforced_inputs: Inputs,
    pub(crate) direct_remote_address_key: Option<String>,
    pub(crate) ambiguous_paths: AmbiguousPaths,
    /// The names of headers that policies in force read.
    pub(crate) refused_trailers: HeaderNames,
    pub(crate) svid: SvidSettings,
    pub(crate) audit: Audit,
    pub(crate) notices: Vec<ConfigNotice>,
}

impl PolicySet {
    /// Compiles a plugin configuration as Envoy hands it over: JSON text, or a `google.protobuf.Struct` in its
    /// wire form. `node` is the workload that the proxy's node metadata names, used where the configuration
    /// names none.
    ///
    /// # Errors
    /// Every problem of the document at once, each with its place. Nothing is dropped: a configuration loads
    /// whole or not at all.
    pub fn from_plugin_configuration(bytes: &[u8], node: Option<Workload>) -> Result<Self, ConfigErrors> {
        let limits = Limits::default();
        let mut problems = Problems::new(limits);
        let set = match Outline::from_plugin_configuration(bytes, limits) {
            Ok(outline) => compile(&outline, node, &mut problems),
            Err(error) => {
                problems.add(&FieldPath::Root, ConfigErrorKind::Syntax(error.to_string()));
                None
            }
        };
        problems.into_result(set)
    }

    /// Compiles a plugin configuration that was read already, from YAML for instance.
    ///
    /// # Errors
    /// As [`PolicySet::from_plugin_configuration`].
    pub fn from_document(document: &Document, node: Option<Workload>) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(Limits::default());
        let set = compile(&Outline::of(document.clone()), node, &mut problems);
        problems.into_result(set)
    }

    /// The profile that is in force.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The workload that is guarded.
    #[must_use]
    pub fn workload(&self) -> &Workload {
        &self.workload
    }

    /// The mTLS mode of every port without one of its own.
    #[must_use]
    pub fn mtls_mode(&self) -> MtlsMode {
        self.mtls.base
    }

    /// The attached DENY policies in their order.
    pub fn deny_policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.attached.deny.policies().iter().map(|policy| &policy.id)
    }

    /// The attached ALLOW policies in their order.
    pub fn allow_policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.attached.allow.policies().iter().map(|policy| &policy.id)
    }

    /// The attached AUDIT policies in their order.
    pub fn audit_policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.attached.audit.policies().iter().map(|policy| &policy.id)
    }

    /// The attached dry-run policies in their order.
    pub fn dry_run_policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.attached.dry_run.all().map(|dry_run| dry_run.id)
    }

    /// Whether any attached policy reads the input: what none reads, a host need not be asked for.
    #[must_use]
    pub fn reads(&self, input: Input) -> bool {
        self.inputs.contains(input)
    }

    /// The filter state that holds the direct peer address, where the configuration names another than the usual
    /// one.
    #[must_use]
    pub fn direct_remote_address_key(&self) -> Option<&str> {
        self.direct_remote_address_key.as_deref()
    }

    /// The filter state in which a listener in front of this one hands on the SPIFFE ID of the peer, where the
    /// configuration names one.
    #[must_use]
    pub fn peer_principal_key(&self) -> Option<&str> {
        self.svid.peer_principal_key.as_deref()
    }

    /// How much of an SVID a peer must show (profile zero-trust).
    #[must_use]
    pub fn required_svid(&self) -> RequiredSvid {
        self.svid.required
    }

    /// How many entries the lists of denied peers have.
    #[must_use]
    pub fn denied_peer_count(&self) -> usize {
        self.svid.denied.count()
    }

    /// One in how many of the allowed requests and connections is to have an audit line, where the configuration asks for
    /// any. It changes no decision.
    #[must_use]
    pub fn audited_allowed_one_in(&self) -> Option<NonZeroU64> {
        self.audit.allowed_one_in
    }

    /// What an operator should know about the configuration.
    #[must_use]
    pub fn notices(&self) -> &[ConfigNotice] {
        &self.notices
    }

    /// How many rules the attached policies have.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.attached.all().map(|policy| policy.rules.len()).sum()
    }
}
