//! What a CUSTOM policy may not ask: its provider is called before the peer's token is verified (S-12).

use crate::config::authorization_policy::rule::RawRule;
use crate::config::authorization_policy::source::RawSource;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::field_values::FieldValues;
use crate::config::fields::Listed;

const WHY: &str = "a CUSTOM policy may not ask for the identity or the token of the peer";

/// The keys that begin like this are about the identity or the token.
const REFUSED_KEYS: [&str; 5] = [
    "source.namespace",
    "source.serviceAccount",
    "source.trustDomain",
    "source.principal",
    "request.auth.",
];

/// Notes every such field and key; `at` is the `spec`.
pub(crate) fn check_rules(rules: &Listed<RawRule>, at: &FieldPath<'_>, problems: &mut Problems) {
    let at = at.field("rules");
    for (index, rule) in rules {
        check_rule(rule, &at.index(*index), problems);
    }
}

fn check_rule(rule: &RawRule, at: &FieldPath<'_>, problems: &mut Problems) {
    let from = at.field("from");
    for (index, source) in &rule.from {
        let at = from.index(*index);
        check_source(source, &at.field("source"), problems);
    }
    let when = at.field("when");
    for (index, condition) in &rule.when {
        if REFUSED_KEYS.iter().any(|key| condition.key.starts_with(key)) {
            let at = when.index(*index);
            problems.add(&at.field("key"), ConfigErrorKind::Conflict(WHY));
        }
    }
}

fn check_source(source: &RawSource, at: &FieldPath<'_>, problems: &mut Problems) {
    let RawSource {
        principals,
        request_principals,
        namespaces,
        service_accounts,
        trust_domains,
        ip_blocks: _,
        remote_ip_blocks: _,
    } = source;
    for field in [
        principals,
        request_principals,
        namespaces,
        service_accounts,
        trust_domains,
    ] {
        check_field(field, at, problems);
    }
}

fn check_field(field: &FieldValues, at: &FieldPath<'_>, problems: &mut Problems) {
    for (name, values) in [field.any_of(), field.none_of()] {
        if !values.is_empty() {
            problems.add(&at.field(name), ConfigErrorKind::Conflict(WHY));
        }
    }
}
