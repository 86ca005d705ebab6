//! A fixed slice of what `differential-index` compares.

use spiffe_authz_tests::differential::walks::{WalkCases, WalkTally, report, smallest};
use spiffe_authz_tests::differential::{Extent, run};

const CASES: WalkCases = WalkCases {
    seed: 5,
    most_rules: 1000,
    requests: 400,
};
const BATCHES: u64 = 60;

/// Shows the one of these cases that has the smallest configuration.
fn show(differing: &[u64]) {
    let cases = differing.iter().filter_map(|index| CASES.case(*index));
    if let Some(case) = cases.min_by_key(|case| case.configuration.to_string().len()) {
        panic!("{}", report(&smallest(case)).expect("YAML"));
    }
}

/// The index must also leave rules out, or a list of all of them would pass.
#[test]
fn the_index_finds_the_rule_that_the_linear_walk_finds_and_judges_few() {
    let extent = Extent {
        batches: BATCHES,
        cases: CASES.requests,
    };
    let (tally, differing): (WalkTally, _) = run(extent, |number, tally| CASES.compare(number, tally));
    show(&differing);
    for cause in [
        ("allow", "matched-allow"),
        ("allow", "matched-exception"),
        ("deny", "matched-deny"),
        ("deny", "no-matching-allow"),
        ("deny", "source-ip-unreadable"),
    ] {
        assert!(tally.causes.contains_key(&cause), "{cause:?}: {tally}");
    }
    assert!(
        tally.observed.iter().all(|count| *count > 0) && tally.later_rules > 0,
        "{tally}"
    );
    let [_, _, most, _] = tally.judged;
    assert!(
        most.certain * 10 < most.rules && most.possible * 4 < most.rules,
        "{tally}"
    );
}
