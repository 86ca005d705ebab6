//! The admin interface.

use serde_json::{Value, json};

use crate::LoopbackAddress;
use crate::address::socket_address;

/// The bootstrap's `admin`. It asks for no credentials and can stop Envoy, hence the loopback address; and it
/// must answer when the connections are used up, hence no limit for it.
#[must_use]
pub fn admin(address: LoopbackAddress) -> Value {
    json!({"address": socket_address(address.socket_addr()), "ignore_global_conn_limit": true})
}
