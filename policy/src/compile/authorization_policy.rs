//! An AuthorizationPolicy: raw rules to matchers.

use crate::compile::PolicyContext;
use crate::compile::condition::compile_condition;
use crate::compile::operation::compile_operation;
use crate::compile::source::compile_source;
use crate::config::authorization_policy::RawAuthorizationPolicy;
use crate::config::authorization_policy::rule::RawRule;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::rule::Rule;

/// Compiles the rules of one policy; `at` is its `spec`.
pub(crate) fn compile_rules(
    policy: &RawAuthorizationPolicy,
    at: &FieldPath<'_>,
    context: PolicyContext<'_>,
    problems: &mut Problems,
) -> Vec<Rule> {
    let at = at.field("rules");
    let rule = |(index, rule): &(usize, RawRule)| compile_rule(rule, &at.index(*index), context, problems);
    policy.rules.iter().map(rule).collect()
}

fn compile_rule(
    rule: &RawRule,
    at: &FieldPath<'_>,
    context: PolicyContext<'_>,
    problems: &mut Problems,
) -> Rule {
    let RawRule { from, to, when } = rule;
    let from = each(from, &at.field("from"), problems, |source, at, problems| {
        compile_source(source, &at.field("source"), context, problems)
    });
    let to = each(to, &at.field("to"), problems, |operation, at, problems| {
        compile_operation(operation, &at.field("operation"), context.mesh.profile, problems)
    });
    let when = each(when, &at.field("when"), problems, |condition, at, problems| {
        compile_condition(condition, at, context, problems)
    });
    // A condition is missing only after its problem has been noted, and then no rule is used.
    Rule::new(from, to, when.into_iter().flatten().collect())
}

/// Compiles every entry of a list, each at its place.
fn each<R, C>(
    list: &Listed<R>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    compile: impl Fn(&R, &FieldPath<'_>, &mut Problems) -> C,
) -> Vec<C> {
    let entry = |(index, entry): &(usize, R)| compile(entry, &at.index(*index), problems);
    list.iter().map(entry).collect()
}
