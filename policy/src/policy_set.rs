//! [`PolicySet`]: what applies to one workload, compiled.

use std::sync::Arc;

use crate::compile::policy_set::compile;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, ConfigErrors, Problems};
use crate::config::field_path::FieldPath;
use crate::config::limits::Limits;
use crate::config::notice::ConfigNotice;
use crate::config::plugin::RawPluginConfig;
use crate::decision::PolicyId;
use crate::mtls::{MtlsMode, MtlsModes};
use crate::profile::Profile;
use crate::rule::Policy;
use crate::workload::Workload;

/// A plugin configuration, compiled for the workload that this proxy guards.
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(crate) profile: Profile,
    pub(crate) workload: Arc<Workload>,
    pub(crate) mtls: MtlsModes,
    /// In policy order: by age, then name, then namespace.
    pub(crate) deny: Vec<Policy>,
    /// In policy order.
    pub(crate) allow: Vec<Policy>,
    /// Whether any rule in force compares the host.
    pub(crate) reads_host: bool,
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
        match Document::from_plugin_configuration(bytes, limits) {
            Ok(document) => Self::from_document(&document, node),
            Err(error) => {
                let mut problems = Problems::new(limits);
                problems.add(&FieldPath::Root, ConfigErrorKind::Syntax(error.to_string()));
                problems.into_result(None)
            }
        }
    }

    /// Compiles a plugin configuration that was read already, from YAML for instance.
    ///
    /// # Errors
    /// As [`PolicySet::from_plugin_configuration`].
    pub fn from_document(document: &Document, node: Option<Workload>) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(Limits::default());
        let set = RawPluginConfig::read(document, &mut problems)
            .and_then(|config| compile(config, node, &mut problems));
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
        self.deny.iter().map(|policy| &policy.id)
    }

    /// The attached ALLOW policies in their order.
    pub fn allow_policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.allow.iter().map(|policy| &policy.id)
    }

    /// What an operator should know about the configuration.
    #[must_use]
    pub fn notices(&self) -> &[ConfigNotice] {
        &self.notices
    }

    /// How many rules the attached policies have.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.deny
            .iter()
            .chain(&self.allow)
            .map(|policy| policy.rules.len())
            .sum()
    }
}
