//! Sources: the text of files, the documents in it, and where in the text each part of them stands.
//!
//! YAML is read as the core schema has it, with the words of YAML 1.1 for booleans, which Kubernetes knows too. A field that
//! is given twice stays twice. What aliases may add is bounded, and so is the nesting.

#[cfg(test)]
mod agrees_with_serde_saphyr;
mod builder;
mod expansion;
mod file;
mod json;
mod location;
mod node;
mod number;
mod scalar;
mod scan_error;
mod step;
mod syntax;
mod yaml;

pub(crate) use file::{FileProblem, Source};
pub(crate) use json::json_error;
pub(crate) use location::{Located, Location};
pub(crate) use node::{Node, Part};
pub(crate) use step::{Step, steps};
pub(crate) use syntax::SyntaxError;
pub(crate) use yaml::read;
