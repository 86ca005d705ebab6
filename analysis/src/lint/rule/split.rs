//! `- from` and `- to` as two list items: two rules, of which one is enough (S-3).

use spiffe_authz_policy::{StatedAction, StatedPolicy, StatedRule};

use crate::lint::{Lint, LintCode};

/// The one part that a rule has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Only {
    From,
    To,
    When,
}

pub(super) fn look(policy: &StatedPolicy, lints: &mut Vec<Lint>) {
    if policy.action != StatedAction::Allow {
        return;
    }
    let pairs = policy.rules.iter().zip(policy.rules.iter().skip(1));
    lints.extend(pairs.filter_map(|(first, second)| {
        let (one, other) = (only(first)?, only(second)?);
        (one != other).then(|| found((first, one), (second, other)))
    }));
}

fn only(rule: &StatedRule) -> Option<Only> {
    match (rule.from.is_empty(), rule.to.is_empty(), rule.when.is_empty()) {
        (false, true, true) => Some(Only::From),
        (true, false, true) => Some(Only::To),
        (true, true, false) => Some(Only::When),
        (true | false, true | false, true | false) => None,
    }
}

fn found((first, one): (&StatedRule, Only), (second, other): (&StatedRule, Only)) -> Lint {
    let message = format!(
        "this rule has only `{}` and the one before it only `{}`: each allows by itself, {}",
        other.name(),
        one.name(),
        match other {
            Only::From => "and these peers may do anything",
            Only::To => "and anyone may do this",
            Only::When => "and anyone may do anything under this condition",
        }
    );
    let lint = Lint::new(LintCode::SplitRule, &second.at, message);
    lint.help(format!(
        "if both are meant together, remove the dash before `{}`",
        other.name()
    ))
    .beside(&first.at, format!("the rule with only `{}`", one.name()))
}

impl Only {
    fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::When => "when",
        }
    }
}
