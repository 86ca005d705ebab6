//! [`Asked`]: one request, and what has to be said of where it comes from.

use spiffe_authz_policy::RequestDocument;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) request: RequestDocument,
    /// Where it was read, such as `requests.jsonl line 3`; `None` for one that flags describe.
    pub(crate) origin: Option<String>,
    /// What a log does not say of it, and what was put in the place of a missing time.
    pub(crate) notes: Vec<String>,
    /// What the filter decided when it met the request.
    pub(crate) logged: Option<Logged>,
}

/// A decision that a log tells of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Logged {
    /// `allow` or `deny`.
    pub(crate) decision: &'static str,
    /// The one word that says why.
    pub(crate) cause: String,
    /// `namespace/name` of the policy that decided, where one did.
    pub(crate) policy: Option<String>,
}
