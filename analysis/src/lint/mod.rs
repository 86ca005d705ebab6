//! Lints: what is valid in a configuration and still probably not what is meant.
//!
//! Each has a code, a severity and a page in `docs/lints/`. A lint reads what the configuration says; it never judges a
//! request.

mod code;
mod context;
mod request_principal_form;
mod spiffe_scheme;
mod star_inside;

use spiffe_authz_policy::StatedConfiguration;
use time::OffsetDateTime;

pub use code::{LintCode, Severity};

use crate::inventory::Inventory;
use context::{Context, PlacedValue};

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

/// Everything that there is to say of a configuration, in the order of the document.
///
/// Without an `inventory`, nobody is unknown; without a time, no exception has ended.
#[must_use]
pub fn lint(
    configuration: &StatedConfiguration,
    inventory: Option<&Inventory>,
    now: Option<OffsetDateTime>,
) -> Vec<Lint> {
    let context = Context::new(configuration, inventory, now);
    let mut lints = Vec::new();
    for value in context.values() {
        lints.extend(OF_A_VALUE.iter().filter_map(|look| look(&context, &value)));
    }
    lints
}

type OfAValue = fn(&Context<'_>, &PlacedValue<'_>) -> Option<Lint>;

/// What is looked for in each value.
const OF_A_VALUE: &[OfAValue] = &[
    spiffe_scheme::look,
    request_principal_form::look,
    star_inside::look,
];
