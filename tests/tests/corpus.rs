//! The corpus itself: large enough, and readable as a list of true sentences.

use std::collections::BTreeSet;

use spiffe_authz_tests::corpus::{self, Case, CorpusFile, Expected};

/// All causes but `peer-unreadable`, `svid-not-validated`, `svid-not-shown` and `svid-unreadable`: a request document says
/// what the proxy has read and verified. It has no trailers (`trailer-in-policy`), and one that is `request-too-large` would
/// show nothing to a reader.
const CAUSES: [(&str, &str); 16] = [
    ("allow", "matched-allow"),
    ("allow", "matched-exception"),
    ("allow", "no-allow-policy"),
    ("deny", "ambiguous-host"),
    ("deny", "ambiguous-path"),
    ("deny", "malformed-spiffe-id"),
    ("deny", "matched-deny"),
    ("deny", "mtls-required"),
    ("deny", "no-allow-policy"),
    ("deny", "no-matching-allow"),
    ("deny", "no-svid"),
    ("deny", "not-a-leaf-svid"),
    ("deny", "svid-expired"),
    ("deny", "svid-multiple-uri-sans"),
    ("deny", "svid-revoked"),
    ("deny", "svid-time-unknown"),
];

fn cases(file: &CorpusFile) -> &[Case] {
    match &file.expected {
        Expected::Decides(cases) => cases,
        Expected::Refused(_) => &[],
    }
}

#[test]
fn there_are_at_least_160_cases_and_30_refused_configurations() {
    let corpus = corpus::load().unwrap();
    let decided: usize = corpus.iter().map(|file| cases(file).len()).sum();
    let refused = corpus
        .iter()
        .filter(|file| matches!(file.expected, Expected::Refused(_)))
        .count();
    assert!(decided >= 160, "{decided} cases");
    assert!(refused >= 30, "{refused} refused configurations");
}

#[test]
fn every_file_expects_something() {
    for file in corpus::load().unwrap() {
        let count = match &file.expected {
            Expected::Decides(cases) => cases.len(),
            Expected::Refused(problems) => problems.len(),
        };
        assert!(count > 0, "{}", file.name);
    }
}

#[test]
fn every_case_has_a_name_of_its_own_in_its_file() {
    for file in corpus::load().unwrap() {
        let names: BTreeSet<&str> = cases(&file).iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases(&file).len(), "{}", file.name);
    }
}

#[test]
fn every_name_is_a_sentence() {
    for file in corpus::load().unwrap() {
        for case in cases(&file) {
            let sentence = case.name.contains(' ') && !case.name.ends_with('.') && !case.name.contains("::");
            assert!(sentence, "{}: `{}`", file.name, case.name);
        }
    }
}

#[test]
fn every_cause_that_a_request_document_can_bring_about_occurs() {
    let corpus = corpus::load().unwrap();
    let occur: BTreeSet<(&str, &str)> = corpus
        .iter()
        .flat_map(cases)
        .map(|case| (case.verdict.decision.word(), case.verdict.cause.as_str()))
        .collect();
    assert_eq!(occur, CAUSES.into());
}
