//! SDS of a SPIRE agent: the SVID and the trust bundle over the agent's socket, renewed without a file.
//!
//! The agent knows by the caller, which is Envoy, which workload it answers; Envoy names the secret that it wants.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::{FilePath, TlsSecrets};

/// The name of the agent's cluster.
pub const CLUSTER: &str = "spire_agent";
/// The agent's name for the SVID of whoever asks, where it has only one (`default_svid_name`).
pub const DEFAULT_SVID: &str = "default";
/// The agent's name for the bundle of its own trust domain (`default_bundle_name`).
pub const OWN_BUNDLE: &str = "ROOTCA";
/// The agent's name for all bundles, of each trust domain its own (`default_all_bundles_name`).
pub const ALL_BUNDLES: &str = "ALL";

/// An agent on the same machine that does not answer at once does not answer.
const CONNECT_TIMEOUT: &str = "1s";
const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// A SPIRE agent, and which secrets it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpireSds {
    /// The agent's socket.
    pub socket: FilePath,
    /// The SVID.
    pub svid: SpireSvid,
    /// The trust bundle.
    pub trust_bundle: SpireBundle,
}

/// Which SVID the agent is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpireSvid {
    /// The one that it has for whoever asks.
    Default,
    /// The one with this SPIFFE ID.
    Of(String),
}

/// Which trust bundle the agent is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpireBundle {
    /// Its own trust domain's.
    Own,
    /// The one of this trust domain, which the agent names by its SPIFFE ID.
    Of(String),
    /// Its own and those of all trust domains that it is federated with. An authority vouches for its own trust domain alone.
    All,
}

impl SpireSds {
    /// The cluster by which Envoy reaches the agent: gRPC over the socket.
    #[must_use]
    pub fn cluster(&self) -> Value {
        let address = json!({"pipe": {"path": self.socket.as_str()}});
        json!({
            "name": CLUSTER,
            "type": "STATIC",
            "connect_timeout": CONNECT_TIMEOUT,
            "typed_extension_protocol_options": {HTTP_OPTIONS: {
                "@type": type_url(HTTP_OPTIONS),
                "explicit_http_config": {"http2_protocol_options": {}},
            }},
            "load_assignment": {
                "cluster_name": CLUSTER,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
            },
        })
    }
}

impl TlsSecrets for SpireSds {
    fn svid_reference(&self) -> Value {
        match &self.svid {
            SpireSvid::Default => reference(DEFAULT_SVID),
            SpireSvid::Of(spiffe_id) => reference(spiffe_id),
        }
    }

    fn trust_bundle_reference(&self) -> Value {
        match &self.trust_bundle {
            SpireBundle::Own => reference(OWN_BUNDLE),
            SpireBundle::Of(trust_domain) => reference(&format!("spiffe://{trust_domain}")),
            SpireBundle::All => reference(ALL_BUNDLES),
        }
    }
}

fn reference(name: &str) -> Value {
    json!({
        "name": name,
        "sds_config": {
            "resource_api_version": "V3",
            "api_config_source": {
                "api_type": "GRPC",
                "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": CLUSTER}}],
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(svid: SpireSvid, trust_bundle: SpireBundle) -> SpireSds {
        SpireSds {
            socket: FilePath::new("/run/spire/agent.sock").unwrap(),
            svid,
            trust_bundle,
        }
    }

    #[test]
    fn a_trust_domain_is_named_by_its_spiffe_id() {
        let agent = agent(SpireSvid::Default, SpireBundle::Of("partner.example".to_owned()));
        assert_eq!(agent.svid_reference()["name"], "default");
        assert_eq!(agent.trust_bundle_reference()["name"], "spiffe://partner.example");
    }

    #[test]
    fn the_references_name_the_cluster_of_the_socket() {
        let agent = agent(SpireSvid::Default, SpireBundle::Own);
        let reference = agent.trust_bundle_reference();
        let service = &reference["sds_config"]["api_config_source"]["grpc_services"][0];
        assert_eq!(service["envoy_grpc"]["cluster_name"], agent.cluster()["name"]);
        let endpoints = &agent.cluster()["load_assignment"]["endpoints"];
        let address = &endpoints[0]["lb_endpoints"][0]["endpoint"]["address"];
        assert_eq!(address["pipe"]["path"], "/run/spire/agent.sock");
    }
}
