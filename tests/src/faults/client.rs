//! [`Client`]: a peer that sends marked requests, or marked bytes, and says what it sees.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::envoy::identities::SERVER_NAME;
use crate::faults::answer::Answer;

/// How long one answer may take: longer than any fault lasts that ends by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Speech {
    Http1,
    Http2,
    Bytes,
}

impl Speech {
    pub(crate) fn alpn(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http1 => vec![b"http/1.1".to_vec()],
            Self::Http2 => vec![b"h2".to_vec()],
            Self::Bytes => Vec::new(),
        }
    }
}

trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> ByteStream for S {}
type Stream = Box<dyn ByteStream>;

enum Connection {
    Http1(Stream),
    Http2(SendRequest<Bytes>),
    Bytes(Stream),
}

/// A peer with one connection at a time: it is kept for the next request where that is possible.
pub(crate) struct Client {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    speech: Speech,
    connection: Option<Connection>,
}

impl Client {
    /// A peer; without TLS it speaks plaintext.
    pub(crate) fn new(address: SocketAddr, tls: Option<Arc<ClientConfig>>, speech: Speech) -> Self {
        Self {
            address,
            tls,
            speech,
            connection: None,
        }
    }

    /// Sends the request, or these bytes where it does not speak HTTP.
    ///
    /// # Errors
    /// When there is no answer within a long time.
    pub(crate) async fn send(&mut self, request: &HttpRequest, bytes: &[u8]) -> Result<Answer, String> {
        let answer = timeout(PATIENCE, self.try_to_send(request, bytes)).await;
        match answer.map_err(|_| format!("no answer within {PATIENCE:?}"))? {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.connection = None;
                Ok(seen(&error))
            }
        }
    }

    async fn try_to_send(&mut self, request: &HttpRequest, bytes: &[u8]) -> io::Result<Answer> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        match connection {
            Connection::Http1(mut stream) => {
                let response = send_http1(&mut stream, request).await?;
                if response.header("connection") != Some(b"close") {
                    self.connection = Some(Connection::Http1(stream));
                }
                Ok(Answer::Status(response.status))
            }
            Connection::Http2(requests) => {
                let status = send_http2(&requests, request).await?;
                self.connection = Some(Connection::Http2(requests));
                Ok(Answer::Status(status))
            }
            // The filter judges a connection once, so each question is a connection.
            Connection::Bytes(mut stream) => exchange(&mut stream, bytes).await,
        }
    }

    async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self.handshake(stream).await?;
        Ok(match self.speech {
            Speech::Http1 => Connection::Http1(stream),
            Speech::Bytes => Connection::Bytes(stream),
            Speech::Http2 => {
                let (requests, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
                // It ends with the last handle for requests.
                tokio::spawn(connection);
                Connection::Http2(requests)
            }
        })
    }

    async fn handshake(&self, stream: TcpStream) -> io::Result<Stream> {
        let Some(config) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(SERVER_NAME).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(config))
            .connect(name, stream)
            .await?;
        Ok(Box::new(stream))
    }
}

fn seen(error: &io::Error) -> Answer {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        Answer::Refused
    } else {
        Answer::Closed
    }
}

async fn send_http1(stream: &mut Stream, request: &HttpRequest) -> io::Result<HttpResponse> {
    stream.write_all(&request.encode("orders")).await?;
    stream.flush().await?;
    let mut received = Vec::new();
    loop {
        let ended = stream.read_buf(&mut received).await? == 0;
        let response = HttpResponse::parse(&received, ended, &request.method).map_err(io::Error::other)?;
        if let Some(response) = response {
            return Ok(response);
        }
        if ended {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn send_http2(requests: &SendRequest<Bytes>, request: &HttpRequest) -> io::Result<u16> {
    let request = http2_request(request).map_err(io::Error::other)?;
    let mut ready = requests.clone().ready().await.map_err(io::Error::other)?;
    let (response, _) = ready.send_request(request, true).map_err(io::Error::other)?;
    let response = response.await.map_err(io::Error::other)?;
    Ok(response.status().as_u16())
}

fn http2_request(request: &HttpRequest) -> Result<http::Request<()>, String> {
    let path = String::from_utf8_lossy(&request.target);
    let headers = request.headers.iter().filter(|(name, _)| name != "connection");
    let builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("https://orders{path}"));
    headers
        .fold(builder, |builder, (name, value)| {
            builder.header(name.as_str(), value.as_slice())
        })
        .body(())
        .map_err(|error| error.to_string())
}

async fn exchange(stream: &mut Stream, bytes: &[u8]) -> io::Result<Answer> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    let mut received = vec![0; bytes.len()];
    stream.read_exact(&mut received).await?;
    if received == bytes {
        Ok(Answer::Echo)
    } else {
        Err(io::Error::other("another answer than the bytes that were sent"))
    }
}
