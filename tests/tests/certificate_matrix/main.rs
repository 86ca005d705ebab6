//! The certificate matrix: each leaf that is, or only looks like, an SVID, in a real handshake with a real Envoy, under its
//! default validator and under its SPIFFE validator with two trust domains.
//!
//! The policy allows whoever has an identity, so that every denial is by the certificate alone.

mod leaf;
mod row;
mod rows;
mod table;

use std::collections::HashSet;

use spiffe_authz_tests::envoy::identities::Validator;

use crate::table::assert_outcomes;

const ROWS: usize = 86;

#[tokio::test]
async fn every_certificate_has_its_outcome_under_the_default_validator() {
    assert_outcomes(Validator::Default, |row| &row.default_validator).await;
}

#[tokio::test]
async fn every_certificate_has_its_outcome_under_the_spiffe_validator() {
    assert_outcomes(Validator::Spiffe, |row| &row.spiffe_validator).await;
}

/// No row can get lost unseen.
#[test]
fn there_are_as_many_rows_as_ever_each_of_its_own_name() {
    let rows = rows::all();
    let names: HashSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!((rows.len(), names.len()), (ROWS, ROWS));
}
