//! A fixed slice of what `differential-engine` compares.

use spiffe_authz_tests::differential::{Batch, REQUESTS, Tally, corpus_case, shrink};
use spiffe_authz_tests::generate::Mode;

const SEED: u64 = 3;
const BATCHES: u64 = 300;

/// Compares a slice, and shows the first disagreement.
fn compare(mode: Mode) -> Tally {
    let mut tally = Tally::default();
    for number in 0..BATCHES {
        let batch = Batch::new(SEED, number, mode);
        tally.configuration(&batch.configuration);
        for (index, answers) in batch.answers().iter().enumerate() {
            tally.answers(answers);
            if !answers.agree() {
                let case = batch.case(index).expect("the case that was answered");
                let case = if answers.contradict() {
                    shrink(case, |case| case.answers().contradict())
                } else {
                    case
                };
                panic!("{}", corpus_case(&case, &case.answers()).expect("YAML"));
            }
        }
    }
    assert_eq!(tally.decided, BATCHES * REQUESTS);
    tally
}

/// Every cause that a request document can bring about must occur, or the comparison says little.
#[test]
fn the_engine_decides_what_the_specification_says() {
    let tally = compare(Mode::Everything);
    let causes: Vec<_> = tally
        .causes
        .keys()
        .map(|(effect, cause)| format!("{effect} {cause}"))
        .collect();
    let expected = [
        "allow matched-allow",
        "allow matched-exception",
        "allow no-allow-policy",
        "deny ambiguous-host",
        "deny ambiguous-path",
        "deny malformed-spiffe-id",
        "deny matched-deny",
        "deny mtls-required",
        "deny no-allow-policy",
        "deny no-matching-allow",
        "deny no-svid",
        "deny not-a-leaf-svid",
        "deny svid-expired",
        "deny svid-multiple-uri-sans",
        "deny svid-revoked",
        "deny svid-time-unknown",
    ];
    assert_eq!(causes, expected);
    assert!(
        tally.audited > 0 && tally.would_deny > 0 && tally.would_allow > 0,
        "{tally}"
    );
}

#[test]
fn the_engine_decides_what_native_rbac_can_say_alike() {
    let tally = compare(Mode::IstioRbac);
    for cause in [
        ("allow", "matched-allow"),
        ("allow", "no-allow-policy"),
        ("deny", "matched-deny"),
    ] {
        assert!(
            tally.causes.contains_key(&(cause.0, cause.1.to_owned())),
            "{tally}"
        );
    }
}
