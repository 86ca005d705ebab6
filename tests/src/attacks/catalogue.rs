//! The catalogue: every row that the suite knows, and where what it asks is shown.

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its label.
    pub id: &'static str,
    /// Where it is shown.
    pub shown: Shown,
}

/// Where a row is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// By vectors of this suite.
    ByVectors,
    /// By another test, or in words where nothing can be sent.
    Elsewhere(&'static str),
}

const fn run(id: &'static str) -> Row {
    Row {
        id,
        shown: Shown::ByVectors,
    }
}

const fn elsewhere(id: &'static str, place: &'static str) -> Row {
    Row {
        id,
        shown: Shown::Elsewhere(place),
    }
}

/// All rows, in their order.
pub const CATALOGUE: [Row; 21] = [
    // Paths.
    run("CVE-2019-9901"),
    run("CVE-2021-29492"),
    run("CVE-2021-32779"),
    run("CVE-2020-8595"),
    run("CVE-2026-73551"),
    run("CVE-2026-73511"),
    run("CVE-2025-46821"),
    run("CVE-2023-27487"),
    run("CVE-2026-26205"),
    run("CVE-2026-32811"),
    run("CVE-2024-10005"),
    run("path-case"),
    run("nul-overlong"),
    run("istio-none"),
    run("istio-base"),
    run("istio-merge"),
    run("istio-decode"),
    run("istio-not-normalized"),
    run("istio-bytes"),
    run("istio-invalid"),
    run("path-combinations"),
];
