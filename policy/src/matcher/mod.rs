//! Matchers: one concept of the specification a file, each from a value of a policy to a test on bytes.

pub(crate) mod certificate;
pub(crate) mod glob;
pub(crate) mod header;
pub(crate) mod host;
pub(crate) mod ip;
pub(crate) mod metadata;
pub(crate) mod namespace;
pub(crate) mod number;
pub(crate) mod path;
pub(crate) mod port;
pub(crate) mod principal;
pub(crate) mod regex;
pub(crate) mod request_principal;
pub(crate) mod required_prefix;
pub(crate) mod service_account;
pub(crate) mod string;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod trust_domain;
pub(crate) mod values;
