//! [`Limits`]: how large a configuration may be.

/// The bounds on what a configuration may hold; each is far above what is of use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of the whole document: what the filter reads within the 256 MiB of memory that it is linked with.
    pub document_bytes: usize,
    /// Nesting of lists and maps: an Istio resource needs 12; a bound on the stack.
    pub depth: usize,
    /// Bytes of one value: the longest SPIFFE ID that must be supported (SPIFFE-ID standard, section 2.3)
    /// and the longest path that proxies take by default.
    pub value_bytes: usize,
    /// Problems of one document that are listed; the others are counted.
    pub problems: usize,
    /// Rules of one AuthorizationPolicy (Istio's validation).
    pub rules: usize,
    /// `from`, `to` or `when` entries of one rule (Istio's validation).
    pub clauses: usize,
    /// `targetRefs` of one policy (Istio's validation).
    pub target_refs: usize,
    /// Values of `serviceAccounts` in one source (Istio's validation).
    pub service_accounts: usize,
    /// Characters of one service account (Istio's validation).
    pub service_account_chars: usize,
    /// Entries of each list of `svid.denied`: more belong into the hands of whoever issues the certificates.
    pub denied_peers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 16 << 20,
            depth: 64,
            value_bytes: 8192,
            problems: 1000,
            rules: 512,
            clauses: 512,
            target_refs: 16,
            service_accounts: 16,
            service_account_chars: 320,
            denied_peers: 4096,
        }
    }
}
