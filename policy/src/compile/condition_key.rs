//! The keys of conditions (S-5, E-2, E-9), and which lists go with each.

use crate::config::authorization_policy::condition::RawCondition;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::rule::attribute_name::{ClaimPath, HeaderName, MetadataKey};

/// The keys, for a message.
pub(crate) const KEYS: &str = "a key: request.headers[NAME], request.query[NAME], source.ip, remote.ip, source.namespace, \
                    source.principal, source.serviceAccount, source.trustDomain, request.auth.principal, \
                    request.auth.audiences, request.auth.presenter, request.auth.claims[NAME], destination.ip, \
                    destination.port, connection.sni, experimental.envoy.filters.NAME[KEY], \
                    source.certificate.dnsSan, source.certificate.issuerKeyId or \
                    source.certificate.remainingSeconds";

/// What a condition is about.
pub(crate) enum Key {
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
    pub(crate) fn parse(text: &str) -> Option<Self> {
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

    pub(crate) fn parts(&self) -> Parts {
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
pub(crate) enum Parts {
    Values,
    /// `values` and `regexes`
    Texts,
    /// `values`, `numbers` and `booleans`
    Claims,
    Numbers,
}

impl Parts {
    /// Notes every list that does not go with the key.
    pub(crate) fn check(self, condition: &RawCondition, at: &FieldPath<'_>, problems: &mut Problems) {
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
