//! [`Coverage`]: which rules and values of a configuration a set of requests has tried.
//!
//! Nothing is judged here. Of every rule, and of every value alone in its list, there is a policy that only watches: a
//! *probe*. All of them together are one configuration, which the engine is asked about each request.

mod cause;
mod gauge;
mod meter;
mod probe;
mod probe_document;
mod report;

pub use cause::{Cause, Effect};
pub use gauge::Gauge;
pub use meter::Meter;
pub use report::{CauseCount, Coverage, Hits, PolicyCoverage, RuleCoverage, Share, ValueCoverage, ValueSign};
