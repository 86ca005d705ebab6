//! What a configuration can say and native RBAC cannot: profile zero-trust, and the extensions.

use crate::config::authorization_policy::RawAuthorizationPolicy;
use crate::config::authorization_policy::condition::RawCondition;
use crate::config::authorization_policy::operation::RawOperation;
use crate::config::authorization_policy::rule::RawRule;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::field_values::FieldValues;
use crate::config::fields::Listed;
use crate::config::svid::RawDenied;
use crate::profile::Profile;
use crate::rbac::Attached;
use crate::rbac::condition::Key;

/// Notes everything of that kind that the workload is under.
pub(super) fn note(profile: Profile, attached: &[Attached<'_>], problems: &mut Problems) {
    match profile {
        Profile::Istio => {}
        Profile::ZeroTrust => {
            let why = "native RBAC cannot say what profile zero-trust means: write `profile: istio`";
            problems.add(&FieldPath::Root.field("profile"), ConfigErrorKind::Conflict(why));
        }
    }
    let resources = FieldPath::Root.field("resources");
    for Attached { index, policy, .. } in attached {
        let at = resources.index(*index);
        note_policy(policy, &at.field("spec"), problems);
    }
}

/// Notes the lists of denied peers: Istio has none, and none of the filters that it generates would ask them.
pub(super) fn note_denied(denied: &RawDenied, problems: &mut Problems) {
    let RawDenied {
        spiffe_ids,
        serial_numbers,
        sha256_digests,
    } = denied;
    let given = !(spiffe_ids.is_empty() && serial_numbers.is_empty() && sha256_digests.is_empty());
    note_given(given, &FieldPath::Root.field("svid").field("denied"), problems);
}

fn extension(at: &FieldPath<'_>, problems: &mut Problems) {
    let why = "an extension, which native RBAC cannot say";
    problems.add(at, ConfigErrorKind::Conflict(why));
}

fn note_given(given: bool, at: &FieldPath<'_>, problems: &mut Problems) {
    if given {
        extension(at, problems);
    }
}

fn note_policy(policy: &RawAuthorizationPolicy, at: &FieldPath<'_>, problems: &mut Problems) {
    note_given(policy.exception.is_some(), &at.field("exception"), problems);
    note_given(
        policy.deny_response.is_some(),
        &at.field("denyResponse"),
        problems,
    );
    let at = at.field("rules");
    for (index, rule) in &policy.rules {
        note_rule(rule, &at.index(*index), problems);
    }
}

fn note_rule(rule: &RawRule, at: &FieldPath<'_>, problems: &mut Problems) {
    let to = at.field("to");
    for (index, operation) in &rule.to {
        let at = to.index(*index);
        note_operation(operation, &at.field("operation"), problems);
    }
    let when = at.field("when");
    for (index, condition) in &rule.when {
        note_condition(condition, &when.index(*index), problems);
    }
}

fn note_operation(operation: &RawOperation, at: &FieldPath<'_>, problems: &mut Problems) {
    note_field(&operation.host_regexes, at, problems);
    note_field(&operation.path_regexes, at, problems);
    note_given(operation.ignore_case, &at.field("ignoreCase"), problems);
    note_given(!operation.bindings.is_empty(), &at.field("bindings"), problems);
    note_ranges(&operation.ports, at, problems);
}

fn note_condition(condition: &RawCondition, at: &FieldPath<'_>, problems: &mut Problems) {
    let key = Key::parse(&condition.key);
    note_given(key.is_none(), &at.field("key"), problems);
    note_field(&condition.regexes, at, problems);
    let lists = [
        ("numbers", condition.numbers.is_empty()),
        ("notNumbers", condition.not_numbers.is_empty()),
        ("booleans", condition.booleans.is_empty()),
        ("notBooleans", condition.not_booleans.is_empty()),
    ];
    for (name, is_empty) in lists {
        note_given(!is_empty, &at.field(name), problems);
    }
    if key == Some(Key::DestinationPort) {
        note_ranges(&condition.values, at, problems);
    }
}

/// Notes a field of which every value is an extension.
fn note_field(field: &FieldValues, at: &FieldPath<'_>, problems: &mut Problems) {
    for (name, values) in [field.any_of(), field.none_of()] {
        note_given(!values.is_empty(), &at.field(name), problems);
    }
}

/// Notes the ranges among ports.
fn note_ranges(ports: &FieldValues, at: &FieldPath<'_>, problems: &mut Problems) {
    for (name, values) in [ports.any_of(), ports.none_of()] {
        let at = at.field(name);
        note_ranges_in(values, &at, problems);
    }
}

fn note_ranges_in(values: &Listed<String>, at: &FieldPath<'_>, problems: &mut Problems) {
    for (index, value) in values {
        note_given(value.contains('-'), &at.index(*index), problems);
    }
}
