//! One real Envoy under load: what its filters, and mutual TLS itself, cost a request.

pub mod bounds;
pub mod client;
pub mod contest;
pub mod contestant;
pub mod cpu;
pub mod ext_authz;
pub mod hostcall;
pub mod http_version;
pub mod identities;
pub mod listener;
pub mod load;
pub mod mtls;
pub mod pictures;
pub mod prices;
pub mod problem;
pub mod results;
pub mod rounds;
pub mod rule_set;
pub mod site;
pub mod summary;
pub mod transport;
pub mod wasm_filter;
