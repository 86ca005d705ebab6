//! `when[]`: each key of S-5, and those of E-2 and E-9.

use crate::compile::condition_key::{KEYS, Key};
use crate::compile::values::{compile_all, compile_side, compile_values, parse_values};
use crate::compile::{PolicyContext, identity, ip, port, regex};
use crate::config::authorization_policy::condition::RawCondition;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::matcher::certificate::{DnsSanMatcher, KeyIdMatcher};
use crate::matcher::header::HeaderMatcher;
use crate::matcher::metadata::MetadataMatcher;
use crate::matcher::number::NumberMatcher;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::matcher::string::StringMatcher;
use crate::matcher::text::TextMatcher;
use crate::matcher::values::Values;
use crate::rule::compared::{ClaimValues, Texts};
use crate::rule::condition::Condition;

/// Compiles a condition; none after a problem with its key.
pub(crate) fn compile_condition(
    condition: &RawCondition,
    at: &FieldPath<'_>,
    context: PolicyContext<'_>,
    problems: &mut Problems,
) -> Option<Condition> {
    let Some(key) = Key::parse(&condition.key) else {
        problems.invalid(&at.field("key"), &condition.key, KEYS);
        return None;
    };
    key.parts().check(condition, at, problems);
    let values = &condition.values;
    Some(match key {
        Key::Header(name) => Condition::Header(name, texts(condition, at, problems)),
        Key::Query(name) => Condition::Query(name, texts(condition, at, problems)),
        Key::SourceIp => Condition::SourceIp(compile_values(values, at, problems, ip::compile)),
        Key::RemoteIp => Condition::RemoteIp(compile_values(values, at, problems, ip::compile)),
        Key::DestinationIp => Condition::DestinationIp(compile_values(values, at, problems, ip::compile)),
        Key::DestinationPort => {
            Condition::DestinationPort(compile_values(values, at, problems, port::compile))
        }
        Key::Namespace => Condition::Namespace(identity::namespaces(values, context)),
        Key::Principal => Condition::Principal(identity::principals(values, context)),
        Key::ServiceAccount => {
            Condition::ServiceAccount(identity::service_accounts(values, at, context, problems))
        }
        Key::TrustDomain => Condition::TrustDomain(identity::trust_domains(values, at, context, problems)),
        Key::RequestPrincipal => {
            Condition::RequestPrincipal(compile_all(values, RequestPrincipalMatcher::new))
        }
        Key::TextClaim(name) => Condition::Claim([name.into()].into(), claim_values(condition, at, problems)),
        Key::Claim(path) => Condition::Claim(path, claim_values(condition, at, problems)),
        Key::Sni => Condition::Sni(compile_all(values, StringMatcher::new)),
        Key::Metadata(place) => Condition::Metadata(place, compile_all(values, MetadataMatcher::new)),
        Key::DnsSan => Condition::DnsSan(compile_all(values, DnsSanMatcher::new)),
        Key::IssuerKeyId => Condition::IssuerKeyId(parse_values(
            values,
            at,
            problems,
            "a key identifier: pairs of hexadecimal digits, or `*`",
            KeyIdMatcher::parse,
        )),
        Key::RemainingSeconds => Condition::RemainingSeconds(numbers(condition, at, problems)),
    })
}

fn texts(condition: &RawCondition, at: &FieldPath<'_>, problems: &mut Problems) -> Texts {
    Texts {
        values: compile_all(&condition.values, HeaderMatcher::new),
        regexes: compile_values(&condition.regexes, at, problems, |value, at, problems| {
            regex::compile(value, false, at, problems)
        }),
    }
}

fn claim_values(condition: &RawCondition, at: &FieldPath<'_>, problems: &mut Problems) -> ClaimValues {
    let booleans = |listed: &Listed<bool>| listed.iter().map(|(_, boolean)| *boolean).collect();
    ClaimValues {
        values: compile_all(&condition.values, TextMatcher::new),
        numbers: numbers(condition, at, problems),
        booleans: Values {
            any_of: booleans(&condition.booleans),
            none_of: booleans(&condition.not_booleans),
        },
    }
}

fn numbers(condition: &RawCondition, at: &FieldPath<'_>, problems: &mut Problems) -> Values<NumberMatcher> {
    let expected = "a number such as `3`, a bound such as `>=3` or a range such as `3..10`";
    let parse = |value: &str, at: &FieldPath<'_>, problems: &mut Problems| {
        let number = NumberMatcher::parse(value);
        if number.is_none() {
            problems.invalid(at, value, expected);
        }
        number
    };
    Values {
        any_of: compile_side("numbers", &condition.numbers, at, problems, parse),
        none_of: compile_side("notNumbers", &condition.not_numbers, at, problems, parse),
    }
}
