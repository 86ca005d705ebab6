//! Where the applications of these tests listen.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

/// A listener on a free port of the loopback interface, and its address.
///
/// # Errors
/// When no port can be bound.
pub(crate) async fn listen() -> Result<(TcpListener, SocketAddr), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok((listener, address))
}
