//! A peer that the application calls, as a flag names it.

use std::net::SocketAddr;

use spiffe_authz_envoy_config::{LoopbackAddress, Outbound};
use spiffe_authz_policy::SpiffeId;

/// Reads `NAME,PORT,ADDRESS,SPIFFE_ID`.
pub(crate) fn parse(text: &str) -> Result<Outbound, String> {
    let parts: Vec<_> = text.split(',').collect();
    let [name, port, peer, spiffe_id] = parts.as_slice() else {
        return Err("expected NAME,PORT,ADDRESS,SPIFFE_ID".to_owned());
    };
    Ok(Outbound {
        name: label(name)?,
        listen: LoopbackAddress::with_port(port.parse().map_err(|_| format!("`{port}` is no port"))?),
        peer: peer
            .parse::<SocketAddr>()
            .map_err(|_| format!("`{peer}` is no ADDRESS:PORT"))?,
        spiffe_id: self::spiffe_id(spiffe_id)?,
    })
}

/// Reads a SPIFFE ID.
pub(crate) fn spiffe_id(text: &str) -> Result<String, String> {
    let id = SpiffeId::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(id.to_string())
}

fn label(name: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match name.is_empty() || !name.bytes().all(allowed) {
        true => Err(format!("`{name}` is no name of letters, digits, `-` and `_`")),
        false => Ok(name.to_owned()),
    }
}
