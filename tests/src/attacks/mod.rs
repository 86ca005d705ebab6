//! The attacks that are known, on a real Envoy over mutual TLS.
//!
//! A [`group::Group`] holds policies and vectors. Every vector is sent, byte for byte, to a listener with each of the
//! policies; behind each listener stands an [`upstream::Upstream`] that keeps what arrives. What must become of a vector
//! stands in its table, and whatever arrives must have no reading that the policy refuses. In profile istio the same
//! vectors go to the filter and to native RBAC, and both must come to the same.

mod attackers;
pub mod catalogue;
pub mod client;
pub mod configuration;
pub mod group;
pub mod header;
pub mod host;
pub mod hpack;
pub mod http2;
pub mod identity;
pub mod istio_list;
pub mod order;
pub mod path;
pub mod path_forms;
pub mod peers;
pub mod policies;
pub mod protocol;
pub mod readings;
pub mod resets;
pub mod run;
pub mod site;
pub mod station;
pub mod suite;
pub mod tally;
pub mod upstream;
pub mod vector;

use group::Group;

/// Every group, in the order of the catalogue.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![
        path::group(),
        path::templates(),
        host::group(),
        host::server_names(),
        header::group(),
        header::patterns(),
        identity::principals(),
        identity::suffixes(),
        identity::namespaces(),
        identity::dots(),
        identity::prefixes(),
        identity::plaintext(),
        identity::untrusted(),
        identity::filter_state(),
        identity::tokens(),
        protocol::group(),
        protocol::upgrading(),
        protocol::methods(),
        protocol::order(),
        protocol::edits(),
        order::dashes(),
        order::rewritten_paths(),
    ]
}
