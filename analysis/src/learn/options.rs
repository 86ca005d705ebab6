//! [`LearnOptions`]: what is learned from, and how far it is generalised.

use std::collections::{BTreeMap, BTreeSet};

/// What is learned from, and how far it is generalised.
#[derive(Clone, Debug)]
pub struct LearnOptions {
    /// Denied requests that are learned from as well.
    pub included_causes: BTreeSet<IncludedCause>,
    /// Whether requests of peers without an identity are admitted, by their address.
    pub includes_plaintext: bool,
    /// Methods beside the usual ones that are admitted.
    pub more_methods: BTreeSet<String>,
    /// Which segments of a path may become `{*}`.
    pub generalise: Generalise,
    /// How many distinct values of one segment make it `{*}`.
    pub generalise_at: usize,
}

/// Why a request was denied that is learned from nevertheless: no policy allowed it yet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum IncludedCause {
    /// ALLOW policies are attached and none matched.
    NoMatchingAllow,
    /// No ALLOW policy is attached.
    NoAllowPolicy,
}

impl IncludedCause {
    /// The word in audit lines.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoMatchingAllow => "no-matching-allow",
            Self::NoAllowPolicy => "no-allow-policy",
        }
    }
}

/// Which segments of a path may become `{*}`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Generalise {
    /// Those that look like an identifier: they have a digit.
    Ids,
    /// Any.
    All,
    /// None: every path is admitted as it was seen.
    Nothing,
}

/// The workload that the policies are for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// Its namespace.
    pub namespace: String,
    /// The labels that select it; without any the policy holds for the whole namespace.
    pub labels: BTreeMap<String, String>,
    /// The name of the policy.
    pub name: String,
}
