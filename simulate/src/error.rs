//! [`SimulationError`]: why a request document could not be played, or left no verdict.

use thiserror::Error;
use time::OffsetDateTime;

/// Why there is no verdict.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SimulationError {
    /// The document describes a certificate that nobody can issue, or holds none where it should.
    #[error("no certificate says what the document says: {reason}")]
    Certificate {
        /// What stands in the way.
        reason: String,
    },
    /// Metadata is no map of maps.
    #[error("in `metadata`: {shown} is no map")]
    NoMap {
        /// What is there instead.
        shown: String,
    },
    /// Metadata holds a number that Envoy cannot hold.
    #[error("in `metadata`: `{text}` is beyond a double")]
    NoDouble {
        /// The number, as it is written.
        text: String,
    },
    /// The time of the request lies before the first one that a proxy can tell.
    #[error("`time`: {time} lies before 1970")]
    BeforeTheEpoch {
        /// The time.
        time: OffsetDateTime,
    },
    /// The plugin neither let the request or connection go on nor denied it.
    #[error("the filter neither allowed nor denied: {event} came to {outcome}")]
    NoAnswer {
        /// What happened to the filter.
        event: &'static str,
        /// What came of it.
        outcome: String,
    },
    /// The plugin trapped when the request or connection was over.
    #[error("the filter trapped at the end: {trap}")]
    Trap {
        /// The trap.
        trap: String,
    },
    /// The plugin left no decision in filter state.
    #[error("the filter left no decision: {report}")]
    NoDecision {
        /// What it left.
        report: String,
    },
    /// The plugin left a word or number in filter state that means nothing.
    #[error("the filter left `{text}`, which is no {what}")]
    NoSuch {
        /// What it should be.
        what: &'static str,
        /// What it is.
        text: String,
    },
    /// What the plugin left contradicts what it did.
    #[error("the filter contradicts itself: {report}")]
    Contradiction {
        /// What it left, and what it did.
        report: String,
    },
}
