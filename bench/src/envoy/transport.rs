//! [`Transport`]: what stands between the sockets and HTTP.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{ApplicationProtocol, SvidPaths, tls};

use crate::envoy::identities::Sessions;

/// What a listener takes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Transport {
    /// HTTP on the socket.
    Plaintext,
    /// TLS: the client checks the server.
    Tls(Sessions),
    /// Mutual TLS: the server checks the client too.
    MutualTls(Sessions),
}

impl Transport {
    /// The transport socket of a filter chain; none for plaintext.
    #[must_use]
    pub fn socket(self, svid: &SvidPaths) -> Option<Value> {
        let mutual = tls::downstream(svid, ApplicationProtocol::Http);
        match self {
            Self::Plaintext => None,
            Self::Tls(sessions) => Some(without_client_certificate(with(sessions, mutual))),
            Self::MutualTls(sessions) => Some(with(sessions, mutual)),
        }
    }
}

/// Listeners that are shipped resume no session; one that does is here to be measured.
fn with(sessions: Sessions, mut socket: Value) -> Value {
    let disabled = json!(sessions == Sessions::New);
    let context = &mut socket["typed_config"];
    context["disable_stateless_session_resumption"] = disabled.clone();
    context["disable_stateful_session_resumption"] = disabled;
    socket
}

fn without_client_certificate(mut socket: Value) -> Value {
    let context = &mut socket["typed_config"];
    context["require_client_certificate"] = json!(false);
    if let Some(common) = context["common_tls_context"].as_object_mut() {
        common.remove("validation_context_sds_secret_config");
    }
    socket
}

#[cfg(test)]
mod tests {
    use spiffe_authz_envoy_config::{FilePath, TrustBundle};

    use super::*;

    fn svid() -> SvidPaths {
        let path = |name: &str| FilePath::new(format!("/svid/{name}")).unwrap();
        SvidPaths {
            svid_sds: path("svid.json"),
            trust_bundle_sds: path("bundle.json"),
            certificate: path("svid.pem"),
            private_key: path("svid_key.pem"),
            trust_bundle: TrustBundle::OneForAll(path("svid_bundle.pem")),
            watched_directory: path("watched"),
        }
    }

    #[test]
    fn mutual_tls_without_resumption_is_what_is_shipped() {
        let shipped = tls::downstream(&svid(), ApplicationProtocol::Http);
        assert_eq!(Transport::MutualTls(Sessions::New).socket(&svid()), Some(shipped));
    }

    #[test]
    fn tls_asks_for_no_certificate_and_has_nothing_to_check_one_with() {
        let socket = Transport::Tls(Sessions::Resumed).socket(&svid()).unwrap();
        let context = &socket["typed_config"];
        assert_eq!(context["require_client_certificate"], false);
        assert_eq!(context["disable_stateless_session_resumption"], false);
        assert!(!socket.to_string().contains("validation_context"));
    }

    #[test]
    fn plaintext_has_no_transport_socket() {
        assert_eq!(Transport::Plaintext.socket(&svid()), None);
    }
}
