//! What a decision costs: the documents that are measured, and how figures are shown.

pub mod documents;
#[cfg(feature = "envoy")]
pub mod envoy;
pub mod figures;
pub mod machine;
#[cfg(feature = "plot")]
pub mod plot;
#[cfg(feature = "progress")]
pub mod progress;
pub mod results;
pub mod table;
#[cfg(feature = "plot")]
pub mod timeline;
