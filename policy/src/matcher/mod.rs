//! Matchers: one concept of the specification a file, each from a value of a policy to a test on bytes.

pub(crate) mod glob;
pub(crate) mod header;
pub(crate) mod host;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod ip;
pub(crate) mod namespace;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod number;
pub(crate) mod path;
pub(crate) mod port;
pub(crate) mod principal;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod regex;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod request_principal;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod service_account;
pub(crate) mod string;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod template;
#[cfg_attr(not(test), expect(dead_code, reason = "no field reads it yet"))]
pub(crate) mod trust_domain;
pub(crate) mod values;
