//! What a refused request is answered with.
//!
//! Without a word of the policy, as Istio's sidecar answers: status 403, the body `RBAC: access denied`, and in
//! `%RESPONSE_CODE_DETAILS%` the rule, as `rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[0]]`, or
//! `[none]` where no policy allowed the request. A denial that no policy is behind has the details
//! `spiffe_authz_denied[CAUSE]`, and so has one by a direct peer address that cannot be read.
//!
//! A DENY policy may say status, headers, body, content type and gRPC status (E-8); the details stay as they are. A gRPC
//! request is answered by Envoy with HTTP status 200, the body as message, and the gRPC status; where none is said,
//! Envoy derives one from the HTTP status: 7 from 403, 13 from 400, 16 from 401, 12 from 404, 14 from 429, 502, 503 and
//! 504, 2 from any other.

use spiffe_authz_policy::{Body, Denial, DenyResponse};

use crate::host::{Host, HostError, LocalReply};
use crate::outcome::Refusal;
use crate::pairs::Pair;

const FORBIDDEN: u16 = 403;
const BODY: &str = "RBAC: access denied";
const CONTENT_TYPE: &[u8] = b"content-type";

/// Answers the request.
///
/// # Errors
/// When the proxy does not take the answer.
pub(crate) fn send(host: &impl Host, refusal: Refusal<'_>) -> Result<(), HostError> {
    let response = response_of(refusal);
    let body = response.and_then(|response| response.body.as_ref());
    host.send_local_reply(&LocalReply {
        status: response.and_then(|response| response.status).unwrap_or(FORBIDDEN),
        details: &details(refusal),
        body: body.map_or(BODY, Body::as_str),
        headers: &response.map(headers).unwrap_or_default(),
        grpc_status: response.and_then(|response| response.grpc_status),
    })
}

/// What the policy that denied wants said.
fn response_of(refusal: Refusal<'_>) -> Option<&DenyResponse> {
    match refusal {
        Refusal::Denied(Denial::MatchedDeny { response, .. }) => response,
        Refusal::Denied(
            Denial::RequestTooLarge
            | Denial::MtlsRequired
            | Denial::PeerUnreadable
            | Denial::Identity(_)
            | Denial::AmbiguousHost
            | Denial::AmbiguousPath
            | Denial::TrailerInPolicy
            | Denial::SourceIpUnreadable(_)
            | Denial::NoAllowPolicy
            | Denial::NoMatchingAllow,
        )
        | Refusal::NoConfiguration
        | Refusal::InterlockFailed => None,
    }
}

/// The headers of the policy, and the content type where it says one or its body has one. Envoy adds the length, and
/// a type where there is none.
fn headers(response: &DenyResponse) -> Vec<Pair<'_>> {
    let of_body = response.body.as_ref().map(Body::content_type);
    let content_type = response.content_type.as_deref().or(of_body);
    let own = response
        .headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    own.chain(content_type.map(|value| (CONTENT_TYPE, value.as_bytes())))
        .collect()
}

fn details(refusal: Refusal<'_>) -> String {
    let details = match refusal {
        Refusal::Denied(Denial::MatchedDeny { rule, .. }) => {
            format!("rbac_access_denied_matched_policy[{rule}]")
        }
        Refusal::Denied(Denial::NoMatchingAllow | Denial::NoAllowPolicy) => {
            "rbac_access_denied_matched_policy[none]".to_owned()
        }
        Refusal::Denied(
            Denial::RequestTooLarge
            | Denial::MtlsRequired
            | Denial::PeerUnreadable
            | Denial::Identity(_)
            | Denial::AmbiguousHost
            | Denial::AmbiguousPath
            | Denial::TrailerInPolicy
            | Denial::SourceIpUnreadable(_),
        )
        | Refusal::NoConfiguration
        | Refusal::InterlockFailed => format!("spiffe_authz_denied[{}]", refusal.code()),
    };
    // Access logs are split at white space.
    details.replace(char::is_whitespace, "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, Reply};
    use spiffe_authz_policy::{IdentityError, PolicyId, RuleRef};

    const SILENT: DenyResponse = DenyResponse {
        status: None,
        headers: Vec::new(),
        content_type: None,
        body: None,
        grpc_status: None,
    };

    fn orders() -> PolicyId {
        PolicyId {
            namespace: "shop".to_owned(),
            name: "orders".to_owned(),
        }
    }

    fn sent(refusal: Refusal<'_>) -> Reply {
        let host = FakeHost::new();
        assert_eq!(send(&host, refusal), Ok(()));
        let [reply] = &host.replies()[..] else {
            panic!("{:?}", host.replies())
        };
        reply.clone()
    }

    fn sent_for(response: &DenyResponse) -> Reply {
        let policy = orders();
        let rule = RuleRef {
            policy: &policy,
            index: 3,
        };
        sent(Refusal::Denied(Denial::MatchedDeny {
            rule,
            response: Some(response),
        }))
    }

    fn plain(details: &str) -> Reply {
        Reply {
            status: 403,
            details: details.to_owned(),
            body: "RBAC: access denied".to_owned(),
            headers: Vec::new(),
            grpc_status: None,
        }
    }

    #[test]
    fn a_denial_answers_403_with_the_rule_or_the_cause_in_the_details() {
        let policy = orders();
        let rule = RuleRef {
            policy: &policy,
            index: 3,
        };
        let table = [
            (
                Refusal::Denied(Denial::MatchedDeny { rule, response: None }),
                "rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[3]]",
            ),
            (
                Refusal::Denied(Denial::NoMatchingAllow),
                "rbac_access_denied_matched_policy[none]",
            ),
            (
                Refusal::Denied(Denial::NoAllowPolicy),
                "rbac_access_denied_matched_policy[none]",
            ),
            (
                Refusal::Denied(Denial::SourceIpUnreadable(rule)),
                "spiffe_authz_denied[source-ip-unreadable]",
            ),
            (
                Refusal::Denied(Denial::MtlsRequired),
                "spiffe_authz_denied[mtls-required]",
            ),
            (
                Refusal::Denied(Denial::PeerUnreadable),
                "spiffe_authz_denied[peer-unreadable]",
            ),
            (
                Refusal::Denied(Denial::AmbiguousHost),
                "spiffe_authz_denied[ambiguous-host]",
            ),
            (
                Refusal::Denied(Denial::Identity(IdentityError::NoSvid)),
                "spiffe_authz_denied[no-svid]",
            ),
            (Refusal::NoConfiguration, "spiffe_authz_denied[no-configuration]"),
            (Refusal::InterlockFailed, "spiffe_authz_denied[interlock-failed]"),
        ];
        for (refusal, details) in table {
            assert_eq!(sent(refusal), plain(details));
        }
    }

    #[test]
    fn white_space_in_a_policy_name_becomes_an_underscore_in_the_details() {
        let policy = PolicyId {
            namespace: "a b".to_owned(),
            name: "c\td\u{a0}e\n".to_owned(),
        };
        let rule = RuleRef {
            policy: &policy,
            index: 0,
        };
        let details = details(Refusal::Denied(Denial::MatchedDeny { rule, response: None }));
        assert_eq!(
            details,
            "rbac_access_denied_matched_policy[ns[a_b]-policy[c_d_e_]-rule[0]]"
        );
    }

    #[test]
    fn a_deny_policy_says_what_the_client_gets_and_the_details_stay() {
        let response = DenyResponse {
            status: Some(404),
            headers: vec![
                ("x-help".to_owned(), "https://wiki.shop/denied".to_owned()),
                ("x-b".to_owned(), String::new()),
            ],
            content_type: Some("text/html".to_owned()),
            body: Some(Body::Text("<p>no</p>".to_owned())),
            grpc_status: Some(5),
        };
        let header = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let expected = Reply {
            status: 404,
            details: "rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[3]]".to_owned(),
            body: "<p>no</p>".to_owned(),
            headers: vec![
                header("x-help", "https://wiki.shop/denied"),
                header("x-b", ""),
                header("content-type", "text/html"),
            ],
            grpc_status: Some(5),
        };
        assert_eq!(sent_for(&response), expected);
    }

    #[test]
    fn what_a_deny_policy_does_not_say_stays_as_it_is_without_it() {
        let expected = plain("rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[3]]");
        assert_eq!(sent_for(&SILENT), expected);
        let status = DenyResponse {
            status: Some(401),
            ..SILENT
        };
        assert_eq!(
            sent_for(&status),
            Reply {
                status: 401,
                ..expected
            }
        );
    }

    #[test]
    fn a_body_has_the_content_type_of_its_kind() {
        let content_type = |body| {
            let response = DenyResponse {
                body: Some(body),
                ..SILENT
            };
            sent_for(&response).headers
        };
        let named = |value: &[u8]| vec![(b"content-type".to_vec(), value.to_vec())];
        assert_eq!(
            content_type(Body::Json("{}".to_owned())),
            named(b"application/json")
        );
        assert_eq!(content_type(Body::Text("no".to_owned())), named(b"text/plain"));
    }
}
