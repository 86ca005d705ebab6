//! [`Vector`]: bytes, what they are, and a name.

use std::fmt;

/// What bytes are as a SPIFFE ID, or as the name of a trust domain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum What {
    /// The SPIFFE ID of a workload: it has a path.
    Workload,
    /// The SPIFFE ID of a trust domain, or its bare name.
    Signer,
    /// Neither.
    Refused,
}

/// One vector.
#[derive(Clone, Debug)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) what: What,
}

impl Vector {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>, what: What) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            what,
        }
    }
}

/// How a failed vector is shown.
impl fmt::Display for Vector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: `{}`", self.name, self.bytes.escape_ascii())
    }
}
