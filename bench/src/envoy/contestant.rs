//! [`Contestant`]: the filters that are compared.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{FilePath, interlock};

use crate::documents::Distribution;
use crate::envoy::ext_authz::AllowAll;
use crate::envoy::hostcall;
use crate::envoy::rule_set::{Aim, RuleSet, Visit};
use crate::envoy::site::{self, Ground};
use crate::envoy::wasm_filter::wasm_filter;
use crate::figures::thousands;

/// What stands in front of the router.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Contestant {
    /// Nothing.
    NoFilter,
    /// The smallest module there can be: it exports what it must, and returns.
    SmallestNoOp,
    /// A filter that does nothing, written with the Rust SDK.
    SdkNoOp,
    /// This project's filter and the interlock behind it.
    Ours(RuleSet),
    /// This project's filter alone.
    OursWithoutInterlock(RuleSet),
    /// Native RBAC.
    NativeRbac(RuleSet),
    /// An external authorizer on loopback that allows everything.
    ExtAuthz,
}

/// The modules that are not rendered.
#[derive(Clone, Debug)]
pub struct Modules {
    /// The smallest one.
    pub smallest: FilePath,
    /// The one written with the SDK.
    pub sdk: FilePath,
    /// The filter.
    pub filter: FilePath,
}

impl Modules {
    /// Where they lie; the smallest one is made.
    ///
    /// # Errors
    /// When one is missing.
    pub fn find(ground: &Ground) -> Result<Self, String> {
        Ok(Self {
            smallest: ground.module("no-op", &hostcall::no_op())?,
            sdk: site::sdk_no_op()?,
            filter: site::filter()?,
        })
    }
}

impl Contestant {
    /// The name in tables; the number of rules is not in it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoFilter => "no filter",
            Self::SmallestNoOp => "no-op, smallest module",
            Self::SdkNoOp => "no-op, Rust SDK",
            Self::Ours(_) => "spiffe-authz",
            Self::OursWithoutInterlock(_) => "spiffe-authz without its interlock",
            Self::NativeRbac(_) => "native RBAC",
            Self::ExtAuthz => "ext_authz, allow-all",
        }
    }

    /// The name of the listener.
    #[must_use]
    pub fn listener(self) -> String {
        match self.rule_set() {
            None => self.name().to_owned(),
            Some(set) => format!(
                "{}, {} {}",
                self.name(),
                thousands(set.rules),
                set.distribution.name()
            ),
        }
    }

    /// The rules, of those that have any.
    #[must_use]
    pub fn rule_set(self) -> Option<RuleSet> {
        match self {
            Self::Ours(set) | Self::OursWithoutInterlock(set) | Self::NativeRbac(set) => Some(set),
            Self::NoFilter | Self::SmallestNoOp | Self::SdkNoOp | Self::ExtAuthz => None,
        }
    }

    /// The filters.
    ///
    /// # Errors
    /// When native RBAC cannot say what the rules say.
    pub fn http_filters(self, modules: &Modules) -> Result<Vec<Value>, String> {
        let name = self.listener();
        let wasm = |module: &FilePath, configuration: Value| wasm_filter(&name, module, &configuration);
        Ok(match self {
            Self::NoFilter => Vec::new(),
            Self::SmallestNoOp => vec![wasm(&modules.smallest, json!({}))],
            Self::SdkNoOp => vec![wasm(&modules.sdk, json!({}))],
            Self::Ours(set) => vec![
                wasm(&modules.filter, set.configuration()),
                interlock::http_filter(),
            ],
            Self::OursWithoutInterlock(set) => vec![wasm(&modules.filter, set.configuration())],
            Self::NativeRbac(set) => set.native_rbac()?,
            Self::ExtAuthz => vec![AllowAll::http_filter()],
        })
    }

    /// What is asked.
    ///
    /// # Errors
    /// When a document lacks something.
    pub fn visits(self, aim: Aim) -> Result<Vec<Visit>, String> {
        self.rule_set().unwrap_or(ANY).allowed(aim)
    }

    /// What must be denied, by those who deny anything.
    ///
    /// # Errors
    /// When a document lacks something.
    pub fn denied(self) -> Result<Option<Visit>, String> {
        self.rule_set().map(RuleSet::denied).transpose()
    }
}

/// Those without rules are asked what ten rules would allow.
const ANY: RuleSet = RuleSet {
    distribution: Distribution::Principals,
    rules: 10,
};
