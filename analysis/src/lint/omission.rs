//! [`Omission`]: what was not looked at, because looking would take too long.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use super::LintCode;
use super::budget::Budget;

/// How many values of a list are compared with each other at most.
pub(super) const VALUES_OF_A_LIST: usize = 64;
/// How many clauses are compared with each other at most.
pub(super) const CLAUSES_OF_A_RULE: usize = 64;
/// How many rules a rule is compared with at most.
pub(super) const RULES_BESIDE_A_RULE: usize = 64;
/// How many ALLOW policies of a namespace a dry run is compared with at most.
pub(super) const POLICIES_BESIDE_A_DRY_RUN: usize = 256;
/// How many pairs of values are compared within lists, in a whole configuration.
const PAIRS_OF_VALUES: usize = 2_000_000;
/// How many pairs of values are compared between rules.
const PAIRS_BETWEEN_RULES: usize = 20_000_000;

/// Places of a configuration at which lints were not looked for, or not beside everything: they may be missing there.
///
/// Every lint that is told is right all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Omission {
    /// Why.
    pub bound: Bound,
    /// The first of the places, such as `resources[0].spec.rules[1]`.
    pub at: String,
    /// How many places there are.
    pub count: usize,
}

/// What is not exceeded, so that no configuration takes long.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Bound {
    /// Values of a list that are compared with each other.
    LongList,
    /// Values of two lists that are compared with each other.
    LongLists,
    /// Pairs of values of all lists together.
    Lists,
    /// Clauses of a source or an operation, and conditions, that are compared with each other.
    LongRule,
    /// Rules that one rule is compared with.
    RulesBeside,
    /// Pairs of values of all rules together.
    Rules,
    /// ALLOW policies that a dry run is compared with.
    DryRun,
}

impl Bound {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::LongList,
        Self::LongLists,
        Self::Lists,
        Self::LongRule,
        Self::RulesBeside,
        Self::Rules,
        Self::DryRun,
    ];

    /// The name, in kebab case, such as `long-list`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LongList => "long-list",
            Self::LongLists => "long-lists",
            Self::Lists => "lists",
            Self::LongRule => "long-rule",
            Self::RulesBeside => "rules-beside",
            Self::Rules => "rules",
            Self::DryRun => "dry-run",
        }
    }

    /// The lints that may be missing.
    #[must_use]
    pub fn codes(self) -> &'static [LintCode] {
        use LintCode::{
            Contradiction, CoveredValue, DeniedAllow, DeniedPathSlash, DryRunAlone, DuplicateRule,
            ExcludedValue, HostPortOpen, NarrowerPolicy, OneFamily, ShadowedRule,
        };
        match self {
            Self::LongList => &[CoveredValue],
            Self::LongLists => &[Contradiction, ExcludedValue],
            Self::Lists => &[
                Contradiction,
                HostPortOpen,
                DeniedPathSlash,
                ExcludedValue,
                OneFamily,
                CoveredValue,
            ],
            Self::LongRule => &[Contradiction],
            Self::RulesBeside | Self::Rules => &[DuplicateRule, ShadowedRule, DeniedAllow, NarrowerPolicy],
            Self::DryRun => &[DryRunAlone],
        }
    }

    /// How to have more looked at.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::LongList | Self::LongLists => {
                "take a wider value that stands for many, or split the list into several rules"
            }
            Self::Lists | Self::Rules => {
                "check fewer files at once: the bound is one for all that are checked together"
            }
            Self::LongRule => "split the rule",
            Self::RulesBeside => {
                "give policies a selector, or rules a peer: a rule is compared with those for the same workloads and peers"
            }
            Self::DryRun => "check the dry run beside fewer policies",
        }
    }

    /// The most that is looked at, and of what.
    fn most(self) -> (usize, &'static str) {
        match self {
            Self::LongList => (VALUES_OF_A_LIST, "values of a list are compared with each other"),
            Self::LongLists => (
                VALUES_OF_A_LIST,
                "values of a list are compared with those of another",
            ),
            Self::Lists => (
                PAIRS_OF_VALUES,
                "pairs of values are compared within all lists together",
            ),
            Self::LongRule => (
                CLAUSES_OF_A_RULE,
                "clauses of a rule are compared with each other",
            ),
            Self::RulesBeside => (
                RULES_BESIDE_A_RULE,
                "rules that may match the same are compared with a rule",
            ),
            Self::Rules => (
                PAIRS_BETWEEN_RULES,
                "pairs of values are compared between all rules together",
            ),
            Self::DryRun => (
                POLICIES_BESIDE_A_DRY_RUN,
                "ALLOW policies of a namespace are compared with a dry run",
            ),
        }
    }
}

/// The bound as a sentence, such as `at most 64 values of a list are compared with each other`.
impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (most, what) = self.most();
        write!(formatter, "at most {most} {what}")
    }
}

/// The work that is left, and what there was none left for.
pub(super) struct Work {
    lists: Budget,
    rules: Budget,
    omissions: Cell<BTreeMap<Bound, Places>>,
}

/// The places of an omission.
struct Places {
    first: String,
    last: String,
    count: usize,
}

impl Work {
    pub(super) fn new() -> Self {
        Self {
            lists: Budget::of(PAIRS_OF_VALUES),
            rules: Budget::of(PAIRS_BETWEEN_RULES),
            omissions: Cell::default(),
        }
    }

    /// Takes the work for as many pairs of values of lists, or notes that there is none left for this place.
    pub(super) fn compares_values(&self, pairs: usize, at: &str) -> bool {
        let is_left = self.lists.spend(pairs);
        self.omit_unless(is_left, Bound::Lists, at)
    }

    /// The same for pairs of values of rules.
    pub(super) fn compares_rules(&self, pairs: usize, at: &str) -> bool {
        let is_left = self.rules.spend(pairs);
        self.omit_unless(is_left, Bound::Rules, at)
    }

    /// Whether it is `looked_at`; if not, that is noted.
    pub(super) fn omit_unless(&self, looked_at: bool, bound: Bound, at: &str) -> bool {
        if !looked_at {
            self.omit(bound, at);
        }
        looked_at
    }

    /// Notes a place; one that is noted again and again without another between is one.
    fn omit(&self, bound: Bound, at: &str) {
        let mut omissions = self.omissions.take();
        let places = omissions.entry(bound).or_insert_with(|| Places {
            first: at.to_owned(),
            last: String::new(),
            count: 0,
        });
        if places.last != at {
            places.count = places.count.saturating_add(1);
            at.clone_into(&mut places.last);
        }
        self.omissions.set(omissions);
    }

    /// What was not looked at.
    pub(super) fn omissions(self) -> Vec<Omission> {
        let omissions = self.omissions.into_inner().into_iter();
        omissions
            .map(|(bound, Places { first, count, .. })| Omission {
                bound,
                at: first,
                count,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_once_and_the_first_is_kept() {
        let work = Work::new();
        for at in ["rules[3]", "rules[3]", "rules[4]"] {
            assert!(!work.omit_unless(false, Bound::RulesBeside, at));
        }
        assert!(work.omit_unless(true, Bound::LongList, "rules[5]"));
        let omission = Omission {
            bound: Bound::RulesBeside,
            at: "rules[3]".to_owned(),
            count: 2,
        };
        assert_eq!(work.omissions(), [omission]);
    }

    #[test]
    fn work_that_is_left_is_no_omission_and_one_pair_more_is() {
        let work = Work::new();
        assert!(work.compares_values(PAIRS_OF_VALUES, "a"));
        assert!(!work.compares_values(1, "b"));
        assert!(work.compares_rules(PAIRS_BETWEEN_RULES, "c"));
        assert!(!work.compares_rules(1, "d"));
        let at: Vec<String> = work.omissions().into_iter().map(|omission| omission.at).collect();
        assert_eq!(at, ["b", "d"]);
    }

    #[test]
    fn every_bound_has_a_name_of_its_own_and_lints_that_may_be_missing() {
        let names: std::collections::BTreeSet<_> = Bound::ALL.iter().map(|bound| bound.name()).collect();
        assert_eq!(names.len(), Bound::ALL.len());
        assert!(Bound::ALL.iter().all(|bound| !bound.codes().is_empty()));
    }
}
