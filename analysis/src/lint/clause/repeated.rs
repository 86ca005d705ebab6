//! Values that stand twice, that another takes in, or that are excluded beside.

use std::collections::HashMap;

use spiffe_authz_policy::StatedValue;

use crate::lint::context::{Context, PlacedClause};
use crate::lint::omission::{Bound, VALUES_OF_A_LIST};
use crate::lint::pattern::Reading;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, clause: PlacedClause<'_>, lints: &mut Vec<Lint>) {
    let reading = clause.reading(context);
    let at = &clause.clause.at;
    among(context, (reading, at), &clause.clause.any_of, lints);
    among(context, (reading, at), &clause.clause.none_of, lints);
    excluded(context, clause, lints);
}

/// The values of a list of the clause at this place. Those of a long one are compared for being the same only.
fn among(
    context: &Context<'_>,
    (reading, at): (Reading<'_>, &str),
    values: &[StatedValue],
    lints: &mut Vec<Lint>,
) {
    let pairs = values.len().saturating_mul(values.len());
    let is_compared =
        is_short(context, values, Bound::LongList, at) && context.work.compares_values(pairs, at);
    let mut seen: HashMap<&str, &StatedValue> = HashMap::new();
    for value in values {
        let first = *seen.entry(&value.text).or_insert(value);
        if first.at != value.at && first.form == value.form {
            lints.push(duplicate(value, first));
        } else if is_compared {
            lints.extend(covered(reading, values, value));
        }
    }
}

fn duplicate(value: &StatedValue, first: &StatedValue) -> Lint {
    let message = format!("`{}` stands here twice", value.text);
    let lint = Lint::new(LintCode::DuplicateValue, &value.at, message);
    lint.help("remove one").beside(&first.at, "the same")
}

fn covered(reading: Reading<'_>, values: &[StatedValue], value: &StatedValue) -> Option<Lint> {
    let covers = |by: &&StatedValue| {
        by.text != value.text
            && reading.covers(by, value, reading)
            // Of two spellings of one thing the later is needless.
            && (by.at < value.at || !reading.covers(value, by, reading))
    };
    let by = values.iter().find(covers)?;
    let message = format!("`{}` does nothing here: `{}` takes it in", value.text, by.text);
    let lint = Lint::new(LintCode::CoveredValue, &value.at, message);
    Some(
        lint.help("remove it, or narrow the other")
            .beside(&by.at, "takes it in"),
    )
}

fn is_short(context: &Context<'_>, values: &[StatedValue], bound: Bound, at: &str) -> bool {
    let is_short = values.len() <= VALUES_OF_A_LIST;
    context.work.omit_unless(is_short, bound, at)
}

/// A value that must match, and that a value beside it must not.
fn excluded(context: &Context<'_>, clause: PlacedClause<'_>, lints: &mut Vec<Lint>) {
    let (wanted, none_of) = (&clause.clause.any_of, &clause.clause.none_of);
    let at = &clause.clause.at;
    if wanted.is_empty() || none_of.is_empty() || clause.may_be_unknown(context) {
        return;
    }
    let pairs = wanted.len().saturating_mul(none_of.len());
    let are_short =
        is_short(context, wanted, Bound::LongLists, at) && is_short(context, none_of, Bound::LongLists, at);
    if !are_short || !context.work.compares_values(pairs, at) {
        return;
    }
    let reading = clause.reading(context);
    let by = |value: &StatedValue| none_of.iter().find(|by| reading.covers(by, value, reading));
    let found: Vec<_> = wanted
        .iter()
        .filter_map(|value| Some((value, by(value)?)))
        .collect();
    if found.len() == wanted.len() {
        lints.extend(found.first().map(|(_, by)| nothing_left(clause, by)));
        return;
    }
    lints.extend(found.into_iter().map(|(value, by)| void(value, by)));
}

fn void(value: &StatedValue, by: &StatedValue) -> Lint {
    let message = format!("`{}` never matches: `{}` excludes it", value.text, by.text);
    let lint = Lint::new(LintCode::ExcludedValue, &value.at, message);
    lint.help("remove one of the two").beside(&by.at, "excludes it")
}

fn nothing_left(clause: PlacedClause<'_>, by: &StatedValue) -> Lint {
    let message = format!(
        "{}: every value of {} is excluded beside it",
        clause.never(),
        clause.clause.key
    );
    let lint = Lint::new(LintCode::Contradiction, &clause.clause.at, message);
    lint.help("remove the values on one side")
        .beside(&by.at, "excludes")
}
