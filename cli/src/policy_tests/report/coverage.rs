//! The coverage for people: a table, and what was never hit.

use std::fmt::Write as _;

use spiffe_authz_analysis::coverage::{
    CauseCount, Coverage, Hits, PolicyCoverage, RuleCoverage, Share, ValueCoverage, ValueSign,
};

use crate::policy_tests::measure::Measured;
use crate::policy_tests::report::style::{Cell, Style, aligned, plain};

/// So many places that were never hit are listed; the others are counted.
const MOST_LISTED: usize = 50;

pub(super) fn human(measured: &Measured, style: Style) -> String {
    let Measured { name, coverage } = measured;
    let mut text = format!("{}\n", style.strong(&format!("coverage of {}", plain(name))));
    text.push_str(&table(coverage, style));
    text.push_str(&never_hit(coverage, style));
    text.push_str(&others(coverage));
    let causes: Vec<String> = coverage.causes.iter().map(cause).collect();
    let _ = writeln!(text, "  causes seen: {}\n", causes.join(", "));
    text
}

fn table(coverage: &Coverage, style: Style) -> String {
    let head = ["policy", "action", "rules", "", "values", ""]
        .map(|word| Cell::painted(word, |word| style.faint(word)));
    let mut rows = vec![Vec::from(head)];
    for policy in coverage.applying() {
        let action = if policy.dry_run {
            format!("{} (dry run)", policy.action)
        } else {
            policy.action.to_string()
        };
        let shares = [policy.rule_share(), policy.value_share()];
        rows.push(row(&policy.policy, &action, shares, style));
    }
    rows.push(row("all", "", [coverage.rules(), coverage.values()], style));
    aligned(&rows, 2)
}

fn row(name: &str, action: &str, [rules, values]: [Share; 2], style: Style) -> Vec<Cell> {
    let [rules, values] = [rules, values].map(|share| cells(share, style));
    let named = [Cell::new(name), Cell::new(action)];
    named.into_iter().chain(rules).chain(values).collect()
}

fn cells(share: Share, style: Style) -> [Cell; 2] {
    let percent = share.percent();
    let text = percent.map_or("-".to_owned(), |percent| format!("{percent:>3}%"));
    let paint = |text: &str| match percent {
        Some(100) => style.good(text),
        Some(_) => style.bad(text),
        None => text.to_owned(),
    };
    let counted = format!("{} of {}", share.hit, share.of);
    [Cell::new(&counted), Cell::painted(&text, paint)]
}

fn never_hit(coverage: &Coverage, style: Style) -> String {
    let rules = coverage
        .applying()
        .flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)));
    let places: Vec<Vec<Cell>> = rules.flat_map(|(policy, rule)| places(policy, rule)).collect();
    if places.is_empty() {
        return String::new();
    }
    let mut text = format!("  {}\n", style.bad("never hit"));
    let more = places.len().saturating_sub(MOST_LISTED);
    let listed: Vec<Vec<Cell>> = places.into_iter().take(MOST_LISTED).collect();
    text.push_str(&aligned(&listed, 4));
    if more > 0 {
        let _ = writeln!(text, "    and {more} more");
    }
    text
}

/// The rule where it was never hit, else those of its values that were not.
fn places(policy: &PolicyCoverage, rule: &RuleCoverage) -> Vec<Vec<Cell>> {
    let place = |at: &str, what: String| vec![Cell::new(&policy.policy), Cell::new(at), Cell::new(&what)];
    if rule.matched == 0 {
        let what = match rule.values.len() {
            0 => "the rule".to_owned(),
            1 => "the rule with its value".to_owned(),
            count => format!("the rule with its {count} values"),
        };
        return vec![place(&rule.at, what)];
    }
    let never = rule.values.iter().filter(|value| value.hits.is_never());
    never.map(|value| place(&value.at, shown(value))).collect()
}

fn shown(value: &ValueCoverage) -> String {
    let not = match value.sign {
        ValueSign::AnyOf => "",
        ValueSign::NoneOf => "not ",
    };
    format!("{} {not}`{}`", value.key, value.value)
}

/// What is in no total.
fn others(coverage: &Coverage) -> String {
    let mut text = String::new();
    let elsewhere: Vec<&str> = coverage
        .policies
        .iter()
        .filter(|policy| !policy.applies)
        .map(|policy| policy.policy.as_str())
        .collect();
    if !elsewhere.is_empty() {
        let names = plain(&elsewhere.join(", "));
        let _ = writeln!(text, "  for none of the workloads that are asked: {names}");
    }
    let values = coverage.applying().flat_map(|policy| &policy.rules);
    let values = values.flat_map(|rule| &rule.values);
    let count = values.filter(|value| value.hits == Hits::NotMeasured).count();
    if count > 0 {
        let _ = writeln!(text, "  not measured one by one: {count} values");
    }
    text
}

fn cause(seen: &CauseCount) -> String {
    format!("{} {} ({})", seen.decision, seen.cause, seen.count)
}
