//! `when[]`: each key of S-5, and those of E-2 and E-9.

use crate::compile::values::{compile_all, compile_side, compile_values, parse_values};
use crate::compile::{PolicyContext, identity, ip, port, regex};
use crate::config::authorization_policy::condition::RawCondition;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::matcher::certificate::{DnsSanMatcher, KeyIdMatcher};
use crate::matcher::header::HeaderMatcher;
use crate::matcher::metadata::MetadataMatcher;
use crate::matcher::number::NumberMatcher;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::matcher::string::StringMatcher;
use crate::matcher::values::Values;
use crate::rule::condition::{ClaimPath, ClaimValues, Condition, HeaderName, MetadataKey, Texts};

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

/// The keys, for a message.
const KEYS: &str = "a key: request.headers[NAME], request.query[NAME], source.ip, remote.ip, source.namespace, \
                    source.principal, source.serviceAccount, source.trustDomain, request.auth.principal, \
                    request.auth.audiences, request.auth.presenter, request.auth.claims[NAME], destination.ip, \
                    destination.port, connection.sni, experimental.envoy.filters.NAME[KEY], \
                    source.certificate.dnsSan, source.certificate.issuerKeyId or \
                    source.certificate.remainingSeconds";

/// What a condition is about.
enum Key {
    Header(HeaderName),
    Query(Box<[u8]>),
    SourceIp,
    RemoteIp,
    DestinationIp,
    DestinationPort,
    Namespace,
    Principal,
    ServiceAccount,
    TrustDomain,
    RequestPrincipal,
    Claim(ClaimPath),
    /// A claim that is text and has a key of its own.
    TextClaim(&'static str),
    Sni,
    Metadata(MetadataKey),
    DnsSan,
    IssuerKeyId,
    RemainingSeconds,
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "source.ip" => Some(Self::SourceIp),
            "remote.ip" => Some(Self::RemoteIp),
            "source.namespace" => Some(Self::Namespace),
            "source.principal" => Some(Self::Principal),
            "source.serviceAccount" => Some(Self::ServiceAccount),
            "source.trustDomain" => Some(Self::TrustDomain),
            "request.auth.principal" => Some(Self::RequestPrincipal),
            "request.auth.audiences" => Some(Self::TextClaim("aud")),
            "request.auth.presenter" => Some(Self::TextClaim("azp")),
            "destination.ip" => Some(Self::DestinationIp),
            "destination.port" => Some(Self::DestinationPort),
            "connection.sni" => Some(Self::Sni),
            "source.certificate.dnsSan" => Some(Self::DnsSan),
            "source.certificate.issuerKeyId" => Some(Self::IssuerKeyId),
            "source.certificate.remainingSeconds" => Some(Self::RemainingSeconds),
            other => Self::parse_map_key(other),
        }
    }

    /// `PREFIX[NAME]`, in which the name is not empty.
    fn parse_map_key(text: &str) -> Option<Self> {
        if let Some(brackets) = text.strip_prefix("request.auth.claims") {
            return claim_path(brackets).map(Self::Claim);
        }
        let (prefix, name) = text.strip_suffix(']')?.split_once('[')?;
        if name.is_empty() {
            return None;
        }
        match prefix {
            "request.headers" => HeaderName::parse(name).map(Self::Header),
            "request.query" => Some(Self::Query(name.as_bytes().into())),
            other => {
                let filter = other.strip_prefix("experimental.envoy.filters.")?;
                let place = MetadataKey {
                    namespace: format!("envoy.filters.{filter}").into(),
                    key: name.into(),
                };
                (!filter.is_empty()).then_some(Self::Metadata(place))
            }
        }
    }

    fn parts(&self) -> Parts {
        match self {
            Self::Header(_) | Self::Query(_) => Parts::Texts,
            Self::Claim(_) => Parts::Claims,
            Self::RemainingSeconds => Parts::Numbers,
            Self::SourceIp
            | Self::RemoteIp
            | Self::DestinationIp
            | Self::DestinationPort
            | Self::Namespace
            | Self::Principal
            | Self::ServiceAccount
            | Self::TrustDomain
            | Self::RequestPrincipal
            | Self::TextClaim(_)
            | Self::Sni
            | Self::Metadata(_)
            | Self::DnsSan
            | Self::IssuerKeyId => Parts::Values,
        }
    }
}

/// The names that lead to a claim, from `[a][b]`. What is no row of brackets is one name, from the first bracket to
/// the last (S-7); a name is never empty.
pub(crate) fn claim_path(brackets: &str) -> Option<ClaimPath> {
    let inner = brackets.strip_prefix('[')?.strip_suffix(']')?;
    let names: Vec<&str> = inner.split("][").collect();
    let is_row = names.iter().all(|name| !name.contains(['[', ']']));
    let names = if is_row { names } else { vec![inner] };
    let path: ClaimPath = names.iter().map(|name| (*name).into()).collect();
    path.iter().all(|name| !name.is_empty()).then_some(path)
}

/// Which lists a condition may have beside its key.
#[derive(Clone, Copy)]
enum Parts {
    Values,
    /// `values` and `regexes`
    Texts,
    /// `values`, `numbers` and `booleans`
    Claims,
    Numbers,
}

impl Parts {
    /// Notes every list that does not go with the key.
    fn check(self, condition: &RawCondition, at: &FieldPath<'_>, problems: &mut Problems) {
        let (takes_values, takes_regexes, takes_numbers, takes_booleans) = match self {
            Self::Values => (true, false, false, false),
            Self::Texts => (true, true, false, false),
            Self::Claims => (true, false, true, true),
            Self::Numbers => (false, false, true, false),
        };
        let given = [
            ("values", takes_values, !condition.values.any_of().1.is_empty()),
            (
                "notValues",
                takes_values,
                !condition.values.none_of().1.is_empty(),
            ),
            ("regexes", takes_regexes, !condition.regexes.any_of().1.is_empty()),
            (
                "notRegexes",
                takes_regexes,
                !condition.regexes.none_of().1.is_empty(),
            ),
            ("numbers", takes_numbers, !condition.numbers.is_empty()),
            ("notNumbers", takes_numbers, !condition.not_numbers.is_empty()),
            ("booleans", takes_booleans, !condition.booleans.is_empty()),
            ("notBooleans", takes_booleans, !condition.not_booleans.is_empty()),
        ];
        for (name, _, _) in given.into_iter().filter(|(_, takes, given)| *given && !takes) {
            let why = "this list does not go with the key";
            problems.add(&at.field(name), ConfigErrorKind::Conflict(why));
        }
    }
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
        values: compile_all(&condition.values, StringMatcher::new),
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
        Vec::from_iter(number)
    };
    Values {
        any_of: compile_side("numbers", &condition.numbers, at, problems, parse),
        none_of: compile_side("notNumbers", &condition.not_numbers, at, problems, parse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn brackets_in_a_row_lead_to_a_claim_and_others_are_one_name() {
        let table: [(&str, &[&str]); 5] = [
            ("[a]", &["a"]),
            ("[a][b]", &["a", "b"]),
            ("[https://x.example/y]", &["https://x.example/y"]),
            ("[a[b]]", &["a[b]"]),
            ("[a]b]", &["a]b"]),
        ];
        for (brackets, names) in table {
            let path: Vec<Box<str>> = names.iter().map(|name| (*name).into()).collect();
            assert_eq!(
                claim_path(brackets).as_deref(),
                Some(path.as_slice()),
                "{brackets}"
            );
        }
        for brackets in ["", "[]", "[a][]", "[][a]", "a", "[a", "a]"] {
            assert_eq!(claim_path(brackets), None, "{brackets}");
        }
    }
}
