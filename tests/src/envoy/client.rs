//! [`Connection`]: a client's connection that carries bytes as they are given, requests one after the other among them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{DnsName, ServerName};
use rustls::{ClientConfig, HandshakeKind};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::envoy::identities::SERVER_NAME;
use crate::envoy::proxy_header::ProxyHeader;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_RESPONSE_BYTES: usize = 1024 * 1024;

/// How a connection is to begin.
#[derive(Clone, Default)]
pub struct Opening {
    /// The loopback address that the client connects from; `None` leaves it to the system.
    pub from: Option<Ipv4Addr>,
    /// The addresses that a PROXY header names; `None` sends no such header.
    pub proxy: Option<ProxyHeader>,
    /// The certificate to present; `None` is plaintext.
    pub tls: Option<TlsConnector>,
    /// The server name to ask for (SNI); `None` asks for none.
    pub server_name: Option<DnsName<'static>>,
}

pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// An open connection.
pub struct Connection {
    stream: Box<dyn ByteStream>,
    server_certificate: Option<Vec<u8>>,
    handshake_kind: Option<HandshakeKind>,
    address: SocketAddr,
}

impl Connection {
    /// Connects, and where a certificate is given also performs the handshake.
    ///
    /// # Errors
    /// When a step fails or takes too long.
    pub async fn open(address: SocketAddr, opening: Opening) -> Result<Self, String> {
        let Opening {
            from,
            proxy,
            tls,
            server_name,
        } = opening;
        let mut stream = within("connect", connect(from, address)).await?;
        // A small write must not wait for the acknowledgement of the one before.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        if let Some(proxy) = proxy {
            let line = proxy.encode();
            within("write the PROXY header", stream.write_all(line.as_bytes())).await?;
        }
        let Some(connector) = tls else {
            return Ok(Self {
                stream: Box::new(stream),
                server_certificate: None,
                handshake_kind: None,
                address,
            });
        };
        let stream = within("handshake", handshake(&connector, server_name, stream)).await?;
        Ok(Self {
            server_certificate: server_certificate(&stream),
            handshake_kind: stream.get_ref().1.handshake_kind(),
            stream: Box::new(stream),
            address,
        })
    }

    /// The certificate that the server showed, DER.
    #[must_use]
    pub fn server_certificate(&self) -> Option<&[u8]> {
        self.server_certificate.as_deref()
    }

    /// Whether the handshake was a full one or resumed a session; `None` for plaintext.
    #[must_use]
    pub fn handshake_kind(&self) -> Option<HandshakeKind> {
        self.handshake_kind
    }

    /// Where it goes.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bytes themselves, for another protocol.
    pub(crate) fn into_stream(self) -> Box<dyn ByteStream> {
        self.stream
    }

    /// Sends a request and reads the response.
    ///
    /// # Errors
    /// When a step fails or takes too long.
    pub async fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse, String> {
        let bytes = request.encode(&self.address.to_string());
        within("write", self.write(&bytes)).await?;
        within("read", self.read_response(&request.method)).await
    }

    /// Sends bytes and says what comes back: as many bytes, or fewer if the connection ends before.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        // The server may have closed the connection already, and says so in one of several ways.
        let work = async {
            let _closed = self.write(bytes).await;
            Ok(self.read_to(bytes.len()).await)
        };
        within("exchange bytes", work).await
    }

    /// Waits for as many bytes from a server that speaks first, or fewer if the connection ends before.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn listen(&mut self, bytes: usize) -> Result<Vec<u8>, String> {
        within("read", async { Ok(self.read_to(bytes).await) }).await
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection breaks or it takes too long.
    pub async fn say(&mut self, bytes: &[u8]) -> Result<(), String> {
        within("write", self.write(bytes)).await
    }

    /// Waits for exactly as many bytes.
    ///
    /// # Errors
    /// When the connection ends before or it takes too long.
    pub async fn hear(&mut self, length: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; length];
        within("read", self.stream.read_exact(&mut bytes)).await?;
        Ok(bytes)
    }

    /// Ends the client's side; the other side may go on.
    ///
    /// # Errors
    /// When the connection breaks or it takes too long.
    pub async fn finish(&mut self) -> Result<(), String> {
        within("end", self.stream.shutdown()).await
    }

    /// Waits until the server has ended the connection; what came until then.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn ending(&mut self) -> Result<Vec<u8>, String> {
        self.listen(usize::MAX).await
    }

    /// Sends bytes and reads as many, both at once: neither side has to hold all of them.
    ///
    /// # Errors
    /// When the connection breaks or it takes too long.
    pub async fn stream(&mut self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let (mut from, mut to) = tokio::io::split(&mut self.stream);
        let mut received = vec![0; bytes.len()];
        let both = async {
            let write = async {
                to.write_all(bytes).await?;
                to.flush().await
            };
            tokio::try_join!(write, from.read_exact(&mut received))
        };
        within("carry bytes both ways", both).await?;
        Ok(received)
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn read_to(&mut self, length: usize) -> Vec<u8> {
        let mut received = Vec::new();
        while received.len() < length
            && self
                .stream
                .read_buf(&mut received)
                .await
                .is_ok_and(|read| read > 0)
        {}
        received
    }

    async fn read_response(&mut self, method: &str) -> io::Result<HttpResponse> {
        let mut received = Vec::new();
        loop {
            let ended = self.stream.read_buf(&mut received).await? == 0;
            if let Some(response) = HttpResponse::parse(&received, ended, method).map_err(io::Error::other)? {
                return Ok(response);
            }
            if ended || received.len() > LONGEST_RESPONSE_BYTES {
                return Err(io::Error::other("no whole response"));
            }
        }
    }
}

async fn connect(from: Option<Ipv4Addr>, address: SocketAddr) -> io::Result<TcpStream> {
    let Some(from) = from else {
        return TcpStream::connect(address).await;
    };
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(address).await
}

async fn handshake(
    connector: &TlsConnector,
    server_name: Option<DnsName<'static>>,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let mut config = ClientConfig::clone(connector.config());
    config.enable_sni = server_name.is_some();
    let name = match server_name {
        Some(name) => ServerName::DnsName(name),
        None => ServerName::try_from(SERVER_NAME).map_err(io::Error::other)?,
    };
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn server_certificate(stream: &TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let chain = stream.get_ref().1.peer_certificates()?;
    chain.first().map(|leaf| leaf.to_vec())
}

async fn within<T>(step: &str, work: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|error| format!("cannot {step}: {error}")),
        Err(_) => Err(format!("cannot {step} within {PATIENCE:?}")),
    }
}
