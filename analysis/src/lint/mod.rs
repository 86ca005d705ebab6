//! Lints: what is valid in a configuration and still probably not what is meant.
//!
//! Each has a code, a severity and a page in `docs/lints/`. A lint reads what the configuration says; it never judges a
//! request.

mod budget;
mod clause;
mod code;
mod context;
mod covers;
mod form;
mod omission;
mod pairs;
mod pattern;
mod peer_authentication;
mod policy;
mod rule;
mod scope;
mod template;
mod unknown;
mod value;

use spiffe_authz_policy::StatedConfiguration;
use time::OffsetDateTime;

pub use code::{LintCode, Severity};
pub use omission::{Bound, Omission};

use crate::inventory::Inventory;
use context::Context;

/// One finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lint {
    /// What it is.
    pub code: LintCode,
    /// The place, such as `resources[0].spec.rules[1]`; empty for the whole configuration.
    pub at: String,
    /// What is written, and what happens because of it.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Other places, each with what it has to do with this one.
    pub related: Vec<(String, String)>,
}

/// Everything that there is to say of a configuration.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lints {
    /// The findings, in the order of the document.
    pub lints: Vec<Lint>,
    /// What was not looked at, one for each bound that was reached.
    pub omissions: Vec<Omission>,
}

impl Lint {
    fn new(code: LintCode, at: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            at: at.to_owned(),
            message: message.into(),
            help: None,
            related: Vec::new(),
        }
    }

    fn beside(mut self, at: &str, what: impl Into<String>) -> Self {
        self.related.push((at.to_owned(), what.into()));
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Looks for everything.
///
/// Without an `inventory`, nobody is unknown; without a time, no exception has ended.
#[must_use]
pub fn lint(
    configuration: &StatedConfiguration,
    inventory: Option<&Inventory>,
    now: Option<OffsetDateTime>,
) -> Lints {
    let context = Context::new(configuration, inventory, now);
    let mut lints = Vec::new();
    value::look(&context, &mut lints);
    clause::look(&context, &mut lints);
    rule::look(&context, &mut lints);
    policy::look(&context, &mut lints);
    pairs::look(&context, &mut lints);
    peer_authentication::look(&context, &mut lints);
    unknown::look(&context, &mut lints);
    lints.sort_by_cached_key(|lint| (order(&lint.at), lint.code));
    Lints {
        lints,
        omissions: context.work.omissions(),
    }
}

/// A place so that `[10]` comes behind `[2]`.
fn order(at: &str) -> Vec<(u64, String)> {
    let parts = at.split(['.', '[', ']']).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.parse() {
            Ok(index) => (index, String::new()),
            Err(_) => (0, part.to_owned()),
        })
        .collect()
}
