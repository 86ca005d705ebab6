//! [`Client`]: a peer in front of one listener. It sends attacks as they are and says how each was answered.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use spiffe_authz_demo::http_response::HttpResponse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::attacks::http2::{Answer, Http2, Step};
use crate::attacks::peers::Peers;
use crate::attacks::vector::{Vector, Wire};
use crate::envoy::identities::SERVER_NAME;

const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that are no request may leave a connection waiting for more: an answer begins within this time.
const FIRST_WORD: Duration = Duration::from_millis(700);
/// What follows an answer follows at once.
const SILENCE: Duration = Duration::from_millis(80);
const LONGEST_RESPONSE_BYTES: usize = 256 * 1024;

/// How an attack was answered.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Reply {
    /// A response with this status.
    Status(u16),
    /// The stream was reset.
    Reset,
    /// The connection ended, or fell silent, without a response.
    Nothing,
    /// There was no connection: the handshake failed.
    Refused,
}

/// What carries a connection: TLS, or TCP alone.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> ByteStream for S {}
/// Any of them.
pub type Stream = Box<dyn ByteStream>;

enum Open {
    Http1(Stream),
    Http2(Http2<Stream>),
}

/// One peer at a time; a connection is kept as long as the next attack is of the same peer and version.
pub struct Client<'a> {
    address: SocketAddr,
    peers: &'a Peers,
    open: Option<(&'static str, Open)>,
}

impl<'a> Client<'a> {
    /// A client of the listener at this address.
    #[must_use]
    pub fn new(address: SocketAddr, peers: &'a Peers) -> Self {
        Self {
            address,
            peers,
            open: None,
        }
    }

    /// Sends an attack. One that finds its old connection ended is sent on a new one.
    ///
    /// # Errors
    /// When nothing happens for too long, or the peer is unknown.
    pub async fn send(&mut self, vector: &Vector) -> Result<Reply, String> {
        let fits = |open: &Open| match vector.wire {
            Wire::Http1(_) => matches!(open, Open::Http1(_)),
            Wire::Bytes(_) => false,
            Wire::Http2(_) => matches!(open, Open::Http2(_)),
        };
        let kept = self
            .open
            .take()
            .filter(|(peer, open)| *peer == vector.peer && fits(open));
        if let Some((_, kept)) = kept {
            match self.send_on(kept, vector).await? {
                Reply::Nothing => {}
                reply => return Ok(reply),
            }
        }
        match within("connect", self.connect(vector)).await? {
            Some(open) => self.send_on(open, vector).await,
            None => Ok(Reply::Refused),
        }
    }

    async fn send_on(&mut self, mut open: Open, vector: &Vector) -> Result<Reply, String> {
        let work = async {
            match (&mut open, &vector.wire) {
                (Open::Http1(stream), Wire::Http1(bytes)) => exchange_http1(stream, bytes).await,
                (Open::Http1(stream), Wire::Bytes(bytes)) => {
                    Ok((exchange_bytes(stream, bytes).await, Keep::No))
                }
                (Open::Http2(http2), Wire::Http2(steps)) => exchange_http2(http2, steps).await,
                (Open::Http1(_), Wire::Http2(_)) | (Open::Http2(_), Wire::Http1(_) | Wire::Bytes(_)) => {
                    Err(io::Error::other("a connection of another version"))
                }
            }
        };
        let (reply, keep) = within(&format!("send {}", vector.name), work).await?;
        if keep == Keep::Yes {
            self.open = Some((vector.peer, open));
        }
        Ok(reply)
    }

    async fn connect(&self, vector: &Vector) -> io::Result<Option<Open>> {
        let connector = self
            .peers
            .connector(vector.peer, &vector.wire)
            .map_err(io::Error::other)?;
        let Some(stream) = open_stream(self.address, connector).await? else {
            return Ok(None);
        };
        Ok(match vector.wire {
            Wire::Http1(_) | Wire::Bytes(_) => Some(Open::Http1(stream)),
            Wire::Http2(_) => match Http2::begin(stream).await {
                Ok(http2) => Some(Open::Http2(http2)),
                Err(_) => None,
            },
        })
    }
}

/// A connection, and its handshake where there is one; `None` where the listener refuses the handshake.
async fn open_stream(address: SocketAddr, connector: Option<TlsConnector>) -> io::Result<Option<Stream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let Some(connector) = connector else {
        return Ok(Some(Box::new(stream)));
    };
    let name = ServerName::try_from(SERVER_NAME).map_err(io::Error::other)?;
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Some(Box::new(stream))),
        Err(_) => Ok(None),
    }
}

/// Opens a connection of HTTP/2 with such a certificate.
///
/// # Errors
/// When there is none.
pub async fn open_http2(
    address: SocketAddr,
    connector: Option<TlsConnector>,
) -> Result<Http2<Stream>, String> {
    let work = async {
        let stream = open_stream(address, connector).await?;
        Http2::begin(stream.ok_or_else(|| io::Error::other("the handshake failed"))?).await
    };
    within("open HTTP/2", work).await
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Keep {
    Yes,
    No,
}

async fn exchange_http1(stream: &mut Stream, bytes: &[u8]) -> io::Result<(Reply, Keep)> {
    // The other side may have closed the connection already, and says so in one of several ways.
    if stream.write_all(bytes).await.is_err() || stream.flush().await.is_err() {
        return Ok((Reply::Nothing, Keep::No));
    }
    let mut received = Vec::new();
    loop {
        let ended = stream
            .read_buf(&mut received)
            .await
            .map_or(true, |read| read == 0);
        match HttpResponse::parse(&received, ended, "GET") {
            Ok(Some(response)) => return Ok((Reply::Status(response.status), keep(&response))),
            Ok(None) if !ended && received.len() < LONGEST_RESPONSE_BYTES => {}
            Ok(None) | Err(_) => return Ok((Reply::Nothing, Keep::No)),
        }
    }
}

fn keep(response: &HttpResponse) -> Keep {
    let closes = response
        .header("connection")
        .is_some_and(|value| value.eq_ignore_ascii_case(b"close"));
    // Whatever Envoy did not understand has no known end.
    if closes || !matches!(response.status, 200 | 403) {
        Keep::No
    } else {
        Keep::Yes
    }
}

async fn exchange_bytes(stream: &mut Stream, bytes: &[u8]) -> Reply {
    if stream.write_all(bytes).await.is_err() || stream.flush().await.is_err() {
        return Reply::Nothing;
    }
    let mut received = Vec::new();
    let patience = |received: &[u8]| if received.is_empty() { FIRST_WORD } else { SILENCE };
    while let Ok(Ok(read)) = timeout(patience(&received), stream.read_buf(&mut received)).await {
        if read == 0 || received.len() > LONGEST_RESPONSE_BYTES {
            break;
        }
    }
    let status = received.get(9..12).filter(|_| received.starts_with(b"HTTP/1."));
    let status = status.and_then(|digits| String::from_utf8_lossy(digits).parse().ok());
    status.map_or(Reply::Nothing, Reply::Status)
}

async fn exchange_http2(http2: &mut Http2<Stream>, steps: &[Step]) -> io::Result<(Reply, Keep)> {
    if steps.last() == Some(&Step::Reset) {
        http2.send_on_streams(steps, 1).await?;
        // Frames for a stream that was answered already may end the connection.
        return Ok(match http2.settle().await {
            Ok(()) => (Reply::Reset, Keep::Yes),
            Err(_) => (Reply::Nothing, Keep::No),
        });
    }
    Ok(match http2.exchange(steps).await? {
        Answer::Status(status @ (200 | 403)) => (Reply::Status(status), Keep::Yes),
        // Some answers to what is malformed are followed by the end of the connection.
        Answer::Status(status) => (Reply::Status(status), Keep::No),
        Answer::Reset => (Reply::Reset, Keep::No),
        Answer::Closed => (Reply::Nothing, Keep::No),
    })
}

async fn within<T>(step: &str, work: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|error| format!("cannot {step}: {error}")),
        Err(_) => Err(format!("cannot {step} within {PATIENCE:?}")),
    }
}
