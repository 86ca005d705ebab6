//! `application`: one application of the mesh, in a process of its own.

use std::net::SocketAddr;
use std::str::FromStr;

use tokio::net::TcpListener;

use super::End;
use crate::application::Application;
use crate::error::DemoError;

/// The options of `application`.
#[derive(Debug, clap::Args)]
pub(super) struct ApplicationOptions {
    /// Its name
    #[arg(long)]
    name: String,
    /// Where its Envoy reaches it
    #[arg(long)]
    listen: SocketAddr,
    /// Where the demo reaches it
    #[arg(long)]
    control: SocketAddr,
    /// A peer and the outbound listener that leads to it
    #[arg(long, value_name = "PEER=ADDRESS")]
    outbound: Vec<Outbound>,
}

#[derive(Debug, Clone)]
struct Outbound {
    peer: String,
    address: SocketAddr,
}

impl FromStr for Outbound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (peer, address) = text.split_once('=').ok_or("a peer has the form PEER=ADDRESS")?;
        let address = address
            .parse()
            .map_err(|error| format!("`{address}` is no address: {error}"))?;
        Ok(Self {
            peer: peer.to_owned(),
            address,
        })
    }
}

pub(super) async fn application(options: ApplicationOptions) -> Result<End, DemoError> {
    let outbound = options
        .outbound
        .into_iter()
        .map(|outbound| (outbound.peer, outbound.address))
        .collect();
    let application = Application::new(&options.name, outbound);
    let (requests, control) = (bind(options.listen).await?, bind(options.control).await?);
    tokio::join!(
        application.clone().serve(requests),
        application.serve_control(control)
    );
    Ok(End::Good)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, DemoError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| DemoError::Listen { address, source })
}
