//! The rows of the matrix, by the rule that they show.

mod leaves;
mod malformed;
mod names;
mod trust_domains;

use crate::row::Row;

/// A second workload of ours, which a policy denies.
pub(crate) const EVIL: &str = "spiffe://cluster.local/ns/shop/sa/evil";

/// The reasons for which Envoy ends a handshake, in its own words.
mod reason {
    /// No authority that Envoy trusts, or trusts for the certificate's trust domain, issued it.
    pub(super) const ISSUER: &str = "unable_to_get_local_issuer_certificate";
    /// The SPIFFE validator has no bundle for the trust domain of the first URI SAN, or finds no trust domain there.
    pub(super) const BUNDLE: &str = "verify_cert_failed:_no_trust_bundle_store";
    /// The SPIFFE validator looks at cA, keyCertSign and cRLSign before anything else.
    pub(super) const PRECHECK: &str = "verify_cert_failed:_cert_precheck";
    /// TLS itself asks for digitalSignature, where there is a key usage.
    pub(super) const KEY_USAGE: &str = "KEY_USAGE_BIT_INCORRECT";
    /// The default validator asks for clientAuth, where there is an extended key usage.
    pub(super) const PURPOSE: &str = "unsupported_certificate_purpose";
    pub(super) const EXPIRED: &str = "certificate_has_expired";
    pub(super) const NOT_YET_VALID: &str = "certificate_is_not_yet_valid";
}

pub(crate) fn all() -> Vec<Row> {
    [
        names::rows(),
        trust_domains::rows(),
        malformed::rows(),
        leaves::rows(),
    ]
    .concat()
}
