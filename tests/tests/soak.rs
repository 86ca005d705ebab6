//! A slice of `make soak`: some seconds in which everything happens at least once.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::process::Command;

/// As `make soak`, with everything more often.
const SLICE: [&str; 12] = [
    "--seconds",
    "12",
    "--measure-seconds",
    "1",
    "--rotate-millis",
    "3000",
    "--kill-millis",
    "4000",
    "--seed",
    "8",
    "--margin-millis",
    "2000",
];

/// The number behind these words.
fn number_behind(report: &str, words: &str) -> u64 {
    let (_, rest) = report
        .split_once(words)
        .unwrap_or_else(|| panic!("no `{words}` in {report}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn nothing_forbidden_arrives_and_nothing_fails_while_policies_svids_and_processes_change() {
    let output = Command::new(env!("CARGO_BIN_EXE_soak"))
        .args(SLICE)
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert!(
        report.contains("wrong decisions: 0, forbidden arrivals: 0, errors of ours: 0"),
        "{report}"
    );
    for words in [
        "updates: ",
        "rotations of all SVIDs: ",
        "kill -9: ",
        "that the applications wrote down: ",
    ] {
        assert!(number_behind(&report, words) > 0, "{words}{report}");
    }
}
