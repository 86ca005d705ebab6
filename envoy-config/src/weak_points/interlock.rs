//! The interlock behind the filter.

use crate::interlock::FILTER_STATE_KEY;
use crate::weak_points::cursor::Cursor;
use crate::weak_points::kind::Guard;
use crate::weak_points::presence::look_at_presence;
use crate::weak_points::{Findings, WeakPoint};

const ALLOW: [(&str, u64); 1] = [("ALLOW", 0)];

/// Finds the interlock among the filters behind ours, and says what is wrong with it.
pub(super) fn look_at<'v>(
    list: &Cursor<'v>,
    behind: &[Cursor<'v>],
    guard: Guard,
    findings: &mut Findings,
) -> Option<Cursor<'v>> {
    let place = behind.iter().position(|filter| reads_the_word(filter, guard));
    let Some((place, interlock)) = place.and_then(|place| Some((place, behind.get(place)?))) else {
        findings.add(WeakPoint::InterlockMissing, list);
        return None;
    };
    if place > 0 {
        findings.add(WeakPoint::InterlockNotRightBehind, interlock);
    }
    look_at_presence(interlock, findings);
    look_at_rules(interlock, guard, findings);
    Some(interlock.clone())
}

/// An RBAC filter that reads the filter's word in any way is meant to be the interlock.
fn reads_the_word(filter: &Cursor<'_>, guard: Guard) -> bool {
    filter.is_filter_of_type(guard.rbac_type())
        && filter
            .all()
            .iter()
            .any(|place| place.has_text("key", FILTER_STATE_KEY))
}

fn look_at_rules(interlock: &Cursor<'_>, guard: Guard, findings: &mut Findings) {
    let Some(config) = interlock.field("typed_config") else {
        return;
    };
    match config.field("rules") {
        Some(rules) if admits_nothing_else(&rules, guard) => {}
        Some(rules) => findings.add(WeakPoint::InterlockTooWide, &rules),
        None => findings.add(WeakPoint::InterlockShadowOnly, &config),
    }
}

/// Policies are alternatives, and so are the principals of a policy; permissions can only narrow them.
fn admits_nothing_else(rules: &Cursor<'_>, guard: Guard) -> bool {
    let allows = rules
        .field("action")
        .is_none_or(|action| action.is_one_of(&ALLOW));
    let policies = rules.items("policies");
    let admits_the_word = |policy: &Cursor<'_>| {
        let principals = policy.items("principals");
        !principals.is_empty() && principals.iter().all(|principal| is_the_word(principal, guard))
    };
    allows && policies.iter().all(admits_the_word)
}

fn is_the_word(principal: &Cursor<'_>, guard: Guard) -> bool {
    let Some(state) = principal.field("filter_state") else {
        return false;
    };
    let string_match = state.field("string_match");
    state.has_text("key", FILTER_STATE_KEY)
        && string_match.is_some_and(|it| it.has_text("exact", guard.word()) && !it.has_true("ignore_case"))
}
