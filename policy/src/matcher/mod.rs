//! Matchers: one concept of the specification a file, each from a value of a policy to a test on bytes.

pub(crate) mod glob;
pub(crate) mod header;
pub(crate) mod host;
pub(crate) mod namespace;
pub(crate) mod path;
pub(crate) mod port;
pub(crate) mod principal;
pub(crate) mod string;
pub(crate) mod values;
