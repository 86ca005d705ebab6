//! The engine against the reference interpreter, and the index against the linear walk ([`walks`]), on generated documents.

mod corpus_case;
mod run;
mod shrink;
mod tally;
pub mod walks;

use serde_json::Value;
use spiffe_authz_policy::{PolicySet, RequestDocument};

use crate::engines::native;
use crate::generate::{Generator, Mode};
use crate::reference;
use crate::verdict::Verdict;

pub use corpus_case::corpus_case;
pub use run::{Counts, Extent, run, run_and_report};
pub use shrink::{narrow, shrink};
pub use tally::Tally;

/// The number of requests for each configuration.
pub const REQUESTS: u64 = 32;

/// One configuration with one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The plugin configuration.
    pub configuration: Value,
    /// The request document.
    pub request: Value,
}

/// What the two say about one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The engine's verdict, or why it has none.
    pub engine: Result<Verdict, String>,
    /// The reference's verdict, or why it has none.
    pub reference: Result<Verdict, String>,
}

impl Answers {
    /// Whether both decide, and alike in all that they say.
    #[must_use]
    pub fn agree(&self) -> bool {
        matches!((&self.engine, &self.reference), (Ok(engine), Ok(reference)) if engine == reference)
    }

    /// Whether both decide, and not alike.
    #[must_use]
    pub fn contradict(&self) -> bool {
        matches!((&self.engine, &self.reference), (Ok(engine), Ok(reference)) if engine != reference)
    }
}

/// A configuration and its cases, by their numbers.
pub struct Batch {
    /// The configuration.
    pub configuration: Value,
    /// Its requests.
    pub requests: Vec<Value>,
}

impl Batch {
    /// The batch of this number.
    #[must_use]
    pub fn new(seed: u64, number: u64, mode: Mode) -> Self {
        let mut generator = Generator::new(of_batch(seed, number), mode);
        let requests = (0..REQUESTS).flat_map(|_| generator.requests(1)).collect();
        Self {
            configuration: generator.configuration().clone(),
            requests,
        }
    }

    /// The answers to each request.
    #[must_use]
    pub fn answers(&self) -> Vec<Answers> {
        let policies = load(&self.configuration);
        let judge = |request| Answers {
            engine: policies
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|policies| engine(policies, request)),
            reference: reference::decide(&self.configuration, request),
        };
        self.requests.iter().map(judge).collect()
    }

    /// One of the cases.
    #[must_use]
    pub fn case(&self, index: usize) -> Option<Case> {
        Some(Case {
            configuration: self.configuration.clone(),
            request: self.requests.get(index)?.clone(),
        })
    }
}

/// Neighbouring numbers must not make related documents (the constant is that of splitmix64).
fn of_batch(seed: u64, number: u64) -> u64 {
    seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl Case {
    /// The case of this index.
    #[must_use]
    pub fn new(seed: u64, index: u64, mode: Mode) -> Self {
        let batch = Batch::new(seed, index / REQUESTS, mode);
        let place = usize::try_from(index % REQUESTS).unwrap_or_default();
        batch.case(place).expect("a batch has that many requests")
    }

    /// What both say.
    #[must_use]
    pub fn answers(&self) -> Answers {
        Answers {
            engine: load(&self.configuration).and_then(|policies| engine(&policies, &self.request)),
            reference: reference::decide(&self.configuration, &self.request),
        }
    }
}

fn load(configuration: &Value) -> Result<PolicySet, String> {
    PolicySet::from_plugin_configuration(configuration.to_string().as_bytes(), None)
        .map_err(|errors| errors.to_string())
}

fn engine(policies: &PolicySet, request: &Value) -> Result<Verdict, String> {
    let request =
        RequestDocument::from_json(request.to_string().as_bytes()).map_err(|errors| errors.to_string())?;
    Ok(native::judge(policies, &request))
}
