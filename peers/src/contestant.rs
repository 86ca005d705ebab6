//! [`Entrant`]: who is measured; [`Contestant`]: one that is ready to decide.

use spiffe_authz_bench::documents::Distribution;

use crate::contestants::{Casbin, Cedar, Ours, Rego, RegoForm};
use crate::task::Task;

/// An engine that holds the rules of a document and the requests that it is asked.
pub trait Contestant {
    /// Whether the request of this number is allowed.
    fn allows(&mut self, request: usize) -> bool;
}

/// Who is measured.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Entrant {
    /// Our engine, as it is shipped.
    Ours,
    /// The same rules and matchers, walked one by one.
    Linear,
    /// One `permit` a rule.
    Cedar,
    /// One `allow` a rule, compiled for regorus' virtual machine.
    RegoRules,
    /// One `allow` for each shape of rule, over the rules as data, in the same machine.
    RegoData,
    /// The values of the rules as keys of an object, looked up: possible where each rule compares one value.
    RegoKeys,
    /// One line of policy a rule.
    Casbin,
}

impl Entrant {
    /// All of them, ours first.
    pub const ALL: [Self; 7] = [
        Self::Ours,
        Self::Linear,
        Self::Cedar,
        Self::RegoRules,
        Self::RegoData,
        Self::RegoKeys,
        Self::Casbin,
    ];

    /// The name in tables and pictures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "spiffe-authz, indexed",
            Self::Linear => "spiffe-authz, one by one",
            Self::Cedar => "cedar",
            Self::RegoRules => "regorus, a rule each",
            Self::RegoData => "regorus, rules as data",
            Self::RegoKeys => "regorus, keyed by hand",
            Self::Casbin => "casbin",
        }
    }

    /// Whether it is our engine.
    #[must_use]
    pub fn is_ours(self) -> bool {
        match self {
            Self::Ours | Self::Linear => true,
            Self::Cedar | Self::RegoRules | Self::RegoData | Self::RegoKeys | Self::Casbin => false,
        }
    }

    /// Whether it is another engine with the rules of the document, one by one.
    #[must_use]
    pub fn is_peer(self) -> bool {
        match self {
            Self::Cedar | Self::RegoRules | Self::RegoData | Self::Casbin => true,
            Self::Ours | Self::Linear | Self::RegoKeys => false,
        }
    }

    /// Whether rules of this kind can be told to it.
    #[must_use]
    pub fn takes(self, distribution: Distribution) -> bool {
        match self {
            Self::Ours | Self::Linear | Self::Cedar | Self::RegoRules | Self::RegoData | Self::Casbin => true,
            Self::RegoKeys => RegoForm::has_keys(distribution),
        }
    }

    /// Makes it ready.
    ///
    /// # Errors
    /// What the engine says when it does not take the rules.
    pub fn prepare<'t>(self, task: &'t Task<'_>) -> Result<Box<dyn Contestant + 't>, String> {
        Ok(match self {
            Self::Ours => Box::new(Ours::indexed(task.policies, task.requests)),
            Self::Linear => Box::new(Ours::one_by_one(task.policies, task.requests)),
            Self::Cedar => Box::new(Cedar::new(task.rules, task.facts)?),
            Self::RegoRules => Box::new(Rego::new(RegoForm::Rules, task.rules, task.facts)?),
            Self::RegoData => Box::new(Rego::new(RegoForm::Data, task.rules, task.facts)?),
            Self::RegoKeys => Box::new(Rego::new(RegoForm::Keys, task.rules, task.facts)?),
            Self::Casbin => Box::new(Casbin::new(task.rules, task.facts)?),
        })
    }
}
