//! What a decision costs: the documents that are measured, and how figures are shown.

pub mod documents;
