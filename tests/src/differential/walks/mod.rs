//! The index against the linear walk, in one engine on the same compiled rules.

mod report;
mod tally;

use std::time::{Duration, Instant};

use serde_json::Value;
use spiffe_authz_policy::{Candidates, PolicySet, Request, RequestDocument};

use super::{Case, load, narrow, of_batch, shrink};
use crate::generate::{Blend, Generator, Mode, hidden_in, hide};

pub use report::report;
pub use tally::WalkTally;

/// Of one in so many requests it is asked whether the index misses any rule at all, also one that does not decide.
const MISSES_ONE_IN: usize = 5;
const DOCUMENTS: usize = 32;
/// How long a case is made smaller.
const MOST_TIME: Duration = Duration::from_secs(20);
/// What is larger is not taken apart value by value: a fault that only many rules show has many values to try.
const MOST_BYTES: usize = 50_000;

/// What cases are made from.
#[derive(Clone, Copy, Debug)]
pub struct WalkCases {
    /// What is random comes from it.
    pub seed: u64,
    /// The most rules of a configuration.
    pub most_rules: usize,
    /// The number of requests for each configuration.
    pub requests: u64,
}

/// A configuration and its requests.
pub struct WalkBatch {
    configuration: Value,
    documents: Vec<Value>,
    blends: Vec<Blend>,
}

/// What an engine says about one request, in all its words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    decision: String,
    observations: String,
}

/// What is said by the index and by the linear walk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Walks {
    /// By the index.
    pub index: Said,
    /// Rule by rule.
    pub linear: Said,
    /// Rules that the index does not give and should.
    pub missed: Vec<String>,
}

impl Walks {
    /// Whether the index does what it should.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.index == self.linear && self.missed.is_empty()
    }
}

impl WalkCases {
    /// The batch of this number: one in five of a few rules of every form, the others of ten or more.
    #[must_use]
    pub fn batch(self, number: u64) -> WalkBatch {
        let seed = of_batch(self.seed, number);
        let mut generator = if number.is_multiple_of(5) {
            Generator::new(seed, Mode::Everything)
        } else {
            Generator::large(seed, self.most_rules)
        };
        let documents = generator.requests(DOCUMENTS);
        let blends = (0..self.requests).map(|_| generator.blend(&documents));
        let blends = blends.collect();
        WalkBatch {
            configuration: generator.configuration().clone(),
            documents,
            blends,
        }
    }

    /// Compares a batch, and gives the index of the first case that is not judged alike.
    ///
    /// # Panics
    /// When a document is refused: the generator makes none such.
    pub fn compare(self, number: u64, tally: &mut WalkTally) -> Option<u64> {
        let differs = self.batch(number).compare(tally);
        let place = differs.unwrap_or_else(|error| panic!("batch {number}: {error}"))?;
        Some(number * self.requests + place as u64)
    }

    /// The case of this index, as documents.
    #[must_use]
    pub fn case(self, index: u64) -> Option<Case> {
        let place = usize::try_from(index % self.requests).ok()?;
        self.batch(index / self.requests).case(place)
    }
}

impl WalkBatch {
    /// Compares all requests, and gives the place of the first that is not judged alike.
    fn compare(&self, tally: &mut WalkTally) -> Result<Option<usize>, String> {
        let policies = load(&self.configuration)?;
        tally.configuration(&policies);
        let documents: Vec<_> = self.documents.iter().map(read).collect::<Result<_, _>>()?;
        let mut differs = None;
        with_requests(&documents, Vec::new(), &mut |requests| {
            let mut blended = self
                .blends
                .iter()
                .map(|blend| blend.request(requests))
                .enumerate();
            differs = blended.position(|(number, request)| {
                let asks = number % MISSES_ONE_IN == 0;
                !(tally.agree(&policies, &request) && (!asks || tally.misses_none(&policies, &request)))
            });
        });
        Ok(differs)
    }

    fn case(&self, index: usize) -> Option<Case> {
        Some(Case {
            configuration: self.configuration.clone(),
            request: self.blends.get(index)?.document(&self.documents),
        })
    }
}

fn read(document: &Value) -> Result<RequestDocument, String> {
    RequestDocument::from_json(document.to_string().as_bytes()).map_err(|errors| errors.to_string())
}

/// Lends the requests of all documents at once.
fn with_requests(
    documents: &[RequestDocument],
    requests: Vec<Request<'_>>,
    use_them: &mut dyn FnMut(&[Request<'_>]),
) {
    let Some((first, rest)) = documents.split_first() else {
        return use_them(&requests);
    };
    first.with_request(|request| {
        let mut more: Vec<Request<'_>> = requests.clone();
        more.push(request.clone());
        with_requests(rest, more, use_them);
    });
}

/// What both walks say about a case.
///
/// # Errors
/// When the configuration or the request is refused.
pub fn walks(case: &Case) -> Result<Walks, String> {
    let policies = load(&case.configuration)?;
    let mut document = case.request.clone();
    let hidden = hidden_in(&mut document);
    Ok(read(&document)?.with_request(|request| {
        let mut request = request.clone();
        hide(&mut request, &hidden);
        said(&policies, &request)
    }))
}

fn said(policies: &PolicySet, request: &Request<'_>) -> Walks {
    Walks {
        index: Said {
            decision: format!("{:?}", policies.decide(request)),
            observations: format!("{:?}", policies.observe(request)),
        },
        linear: Said {
            decision: format!("{:?}", policies.decide_linearly(request)),
            observations: format!("{:?}", policies.observe_linearly(request)),
        },
        missed: missed(policies, request),
    }
}

fn missed(policies: &PolicySet, request: &Request<'_>) -> Vec<String> {
    let candidates = policies.candidates(request);
    let layers = candidates.iter().flat_map(Candidates::layers);
    let missed = layers.flat_map(|layer| &layer.missed);
    missed.map(|rule| format!("{rule:?}")).collect()
}

/// A small case on which they still say different things: as small as can be had in the time.
#[must_use]
pub fn smallest(case: Case) -> Case {
    let started = Instant::now();
    let differ = |case: &Case| started.elapsed() < MOST_TIME && walks(case).is_ok_and(|walks| !walks.agree());
    let narrowed = narrow(case, differ);
    if narrowed.configuration.to_string().len() > MOST_BYTES {
        return narrowed;
    }
    shrink(narrowed, differ)
}
