//! The certificate matrix: each leaf that is, or only looks like, an SVID, in a real handshake with a real Envoy, under its
//! default validator and under its SPIFFE validator with two trust domains.
//!
//! The policy allows whoever has an identity, so that every denial is by the certificate alone.

mod leaf;
mod row;
mod rows;
mod table;

use spiffe_authz_tests::envoy::identities::Validator;

use crate::table::assert_outcomes;

#[tokio::test]
async fn every_certificate_has_its_outcome_under_the_default_validator() {
    assert_outcomes(Validator::Default, |row| &row.default_validator).await;
}

#[tokio::test]
async fn every_certificate_has_its_outcome_under_the_spiffe_validator() {
    assert_outcomes(Validator::Spiffe, |row| &row.spiffe_validator).await;
}
