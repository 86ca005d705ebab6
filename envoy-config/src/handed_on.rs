//! What a listener that ends mTLS hands on to an internal listener behind it: who the peer is, and from where it came.
//!
//! A waypoint works so: the TLS connection ends on the outer listener, and the one that carries requests has no
//! certificate. What the handshake proved travels in filter state, which no peer can write.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::direct_address;

/// The filter's name.
pub const NAME: &str = "spiffe_authz_handed_on";
/// The filter state with the URI SANs of the peer's certificate, as Istio names it: the plugin configuration's
/// `svid.peerPrincipalKey`.
pub const PEER_PRINCIPAL_KEY: &str = "io.istio.peer_principal";

/// The network filter, the first of the outer listener's chain.
///
/// The peer is written when the handshake is done: before, nobody has proved anything. `ONCE`: what it writes goes to the
/// connection to the internal listener and no further. Without a certificate it writes nothing: `omit_empty_values`,
/// because an absent value is `-` otherwise, and that is not empty.
#[must_use]
pub fn network_filter() -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.network.set_filter_state.v3.Config"),
            "on_new_connection": [handed_on(
                direct_address::FILTER_STATE_KEY,
                "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
            )],
            "on_downstream_tls_handshake": [handed_on(PEER_PRINCIPAL_KEY, "%DOWNSTREAM_PEER_URI_SAN%")],
        },
    })
}

fn handed_on(key: &str, text: &str) -> Value {
    json!({
        "object_key": key,
        "factory_key": "envoy.string",
        "format_string": {"text_format_source": {"inline_string": text}, "omit_empty_values": true},
        "skip_if_empty": true,
        "shared_with_upstream": "ONCE",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_the_peer_is_is_written_when_the_handshake_is_done_and_goes_one_connection_far() {
        let config = &network_filter()["typed_config"];
        let new_connection = config["on_new_connection"].as_array().unwrap();
        let handshake = config["on_downstream_tls_handshake"].as_array().unwrap();
        let keys: Vec<_> = handshake.iter().map(|object| &object["object_key"]).collect();
        assert_eq!(keys, [PEER_PRINCIPAL_KEY]);
        for object in new_connection.iter().chain(handshake) {
            assert_eq!(object["shared_with_upstream"], "ONCE");
        }
    }
}
