//! [`Format`]: how findings are written.

/// For whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, with excerpts
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanners
    Sarif,
    /// JUnit XML, for test reports
    Junit,
}
