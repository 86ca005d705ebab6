//! One simulated proxy: a stream of ECDS over HTTP/2, which ACKs whatever it is sent.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use h2::{RecvStream, SendStream};
use http::Request;
use prost::Message;
use tokio::net::TcpStream;

use crate::discovery::bootstrap::Protocol;
use crate::discovery::extension::{NAME, TYPE_NAME};
use crate::discovery::messages::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, Node, type_url,
};
use crate::scale::counted::{Counted, Tally};

const SERVICE: &str = "envoy.service.extension.v3.ExtensionConfigDiscoveryService";
/// Windows that hold the largest response, as those of Envoy do.
const WINDOW: u32 = 16 << 20;
/// A flag and a length stand before each message of gRPC.
const PREFIX: usize = 5;

/// Follows the filter's configuration until the server ends.
///
/// # Errors
/// When the connection or a message is broken.
pub async fn follow(
    server: SocketAddr,
    node: String,
    protocol: Protocol,
    tally: Arc<Tally>,
) -> Result<(), String> {
    let socket = TcpStream::connect(server).await.map_err(said)?;
    socket.set_nodelay(true).map_err(said)?;
    let mut builder = h2::client::Builder::new();
    builder
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    let (client, connection) = builder
        .handshake::<_, Bytes>(Counted::new(socket, tally))
        .await
        .map_err(said)?;
    tokio::spawn(connection);
    let mut client = client.ready().await.map_err(said)?;
    let (response, mut sending) = client
        .send_request(opening(server, protocol)?, false)
        .map_err(said)?;
    send(&mut sending, first(&node, protocol)).await?;
    let mut receiving = response.await.map_err(said)?.into_body();
    let mut waiting = BytesMut::new();
    while read(&mut receiving, &mut waiting).await? {
        while let Some(message) = message_in(&mut waiting) {
            send(&mut sending, ack(message, protocol)?).await?;
        }
    }
    Ok(())
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn opening(server: SocketAddr, protocol: Protocol) -> Result<Request<()>, String> {
    let method = match protocol {
        Protocol::StateOfTheWorld => "StreamExtensionConfigs",
        Protocol::Delta => "DeltaExtensionConfigs",
    };
    Request::post(format!("http://{server}/{SERVICE}/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .map_err(said)
}

/// Asks for the filter.
fn first(node: &str, protocol: Protocol) -> Vec<u8> {
    let node = Some(Node {
        id: node.to_owned(),
        cluster: "orders".to_owned(),
    });
    let names = vec![NAME.to_owned()];
    let type_url = type_url(TYPE_NAME);
    match protocol {
        Protocol::StateOfTheWorld => DiscoveryRequest {
            node,
            type_url,
            resource_names: names,
            ..Default::default()
        }
        .encode_to_vec(),
        Protocol::Delta => DeltaDiscoveryRequest {
            node,
            type_url,
            resource_names_subscribe: names,
            ..Default::default()
        }
        .encode_to_vec(),
    }
}

/// Takes what was sent; a response without the filter is an error.
fn ack(message: Bytes, protocol: Protocol) -> Result<Vec<u8>, String> {
    match protocol {
        Protocol::StateOfTheWorld => {
            let response = DiscoveryResponse::decode(message).map_err(said)?;
            holds_one(response.resources.len())?;
            Ok(DiscoveryRequest {
                version_info: response.version_info,
                resource_names: vec![NAME.to_owned()],
                type_url: response.type_url,
                response_nonce: response.nonce,
                ..Default::default()
            }
            .encode_to_vec())
        }
        Protocol::Delta => {
            let response = DeltaDiscoveryResponse::decode(message).map_err(said)?;
            holds_one(response.resources.len())?;
            Ok(DeltaDiscoveryRequest {
                type_url: response.type_url,
                response_nonce: response.nonce,
                ..Default::default()
            }
            .encode_to_vec())
        }
    }
}

fn holds_one(resources: usize) -> Result<(), String> {
    match resources {
        1 => Ok(()),
        _ => Err(format!(
            "a response with {resources} resources, where one was asked for"
        )),
    }
}

async fn send(sending: &mut SendStream<Bytes>, message: Vec<u8>) -> Result<(), String> {
    let length = u32::try_from(message.len()).map_err(said)?;
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    framed.put_u32(length);
    framed.put_slice(&message);
    sending.reserve_capacity(framed.len());
    while sending.capacity() < framed.len() {
        let more = poll_fn(|context| sending.poll_capacity(context)).await;
        more.ok_or("the stream has ended")?.map_err(said)?;
    }
    sending.send_data(framed.freeze(), false).map_err(said)
}

/// Reads on; whether there was more.
async fn read(receiving: &mut RecvStream, waiting: &mut BytesMut) -> Result<bool, String> {
    let Some(data) = receiving.data().await else {
        return Ok(false);
    };
    let data = data.map_err(said)?;
    receiving
        .flow_control()
        .release_capacity(data.len())
        .map_err(said)?;
    waiting.extend_from_slice(&data);
    Ok(true)
}

/// The next message, where all of it is there.
fn message_in(waiting: &mut BytesMut) -> Option<Bytes> {
    let mut prefix = waiting.get(..PREFIX)?;
    let _flag = prefix.get_u8();
    let length = usize::try_from(prefix.get_u32()).ok()?;
    if waiting.len() < PREFIX + length {
        return None;
    }
    waiting.advance(PREFIX);
    Some(waiting.split_to(length).freeze())
}
