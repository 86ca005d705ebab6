//! [`Connection`]: a client's connection that carries requests byte for byte, one after the other.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::envoy::identities::SERVER_NAME;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_RESPONSE_BYTES: usize = 1024 * 1024;
const SOURCE: &str = "10.0.0.7";
const SOURCE_PORT: u16 = 42_424;
const DESTINATION: &str = "10.0.0.8";

/// How a connection is to begin.
#[derive(Clone, Default)]
pub struct Opening {
    /// The port that a PROXY header names as the destination; `None` sends no such header.
    pub destination_port: Option<u16>,
    /// The certificate to present; `None` is plaintext.
    pub tls: Option<TlsConnector>,
}

trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// An open connection.
pub struct Connection {
    stream: Box<dyn ByteStream>,
    server_certificate: Option<Vec<u8>>,
    address: SocketAddr,
}

impl Connection {
    /// Connects, and where a certificate is given also performs the handshake.
    ///
    /// # Errors
    /// When a step fails or takes too long.
    pub async fn open(address: SocketAddr, opening: Opening) -> Result<Self, String> {
        let mut stream = within("connect", TcpStream::connect(address)).await?;
        // A small write must not wait for the acknowledgement of the one before.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        if let Some(port) = opening.destination_port {
            within(
                "write the PROXY header",
                stream.write_all(proxy_header(port).as_bytes()),
            )
            .await?;
        }
        let Some(connector) = opening.tls else {
            return Ok(Self {
                stream: Box::new(stream),
                server_certificate: None,
                address,
            });
        };
        let name = ServerName::try_from(SERVER_NAME).map_err(|error| error.to_string())?;
        let stream = within("handshake", connector.connect(name, stream)).await?;
        let server_certificate = stream
            .get_ref()
            .1
            .peer_certificates()
            .and_then(|chain| chain.first())
            .map(|leaf| leaf.to_vec());
        Ok(Self {
            stream: Box::new(stream),
            server_certificate,
            address,
        })
    }

    /// The certificate that the server showed, DER.
    #[must_use]
    pub fn server_certificate(&self) -> Option<&[u8]> {
        self.server_certificate.as_deref()
    }

    /// Sends a request and reads the response.
    ///
    /// # Errors
    /// When a step fails or takes too long.
    pub async fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse, String> {
        let bytes = request.encode(&self.address.to_string());
        within("write", async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        })
        .await?;
        within("read", self.read_response(&request.method)).await
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

fn proxy_header(destination_port: u16) -> String {
    format!("PROXY TCP4 {SOURCE} {DESTINATION} {SOURCE_PORT} {destination_port}\r\n")
}

async fn within<T>(step: &str, work: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|error| format!("cannot {step}: {error}")),
        Err(_) => Err(format!("cannot {step} within {PATIENCE:?}")),
    }
}
