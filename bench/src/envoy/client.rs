//! [`Door`] and [`Connection`]: the client.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::envoy::http_version::HttpVersion;
use crate::envoy::identities::SERVER_NAME;
use crate::envoy::problem::Problem as _;

type Body = Empty<Bytes>;

/// A listener, and as whom to go there.
#[derive(Clone)]
pub struct Door {
    /// The listener.
    pub address: SocketAddr,
    /// The client's side of TLS; none for plaintext.
    pub tls: Option<Arc<ClientConfig>>,
    /// What is spoken.
    pub version: HttpVersion,
}

/// What is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The host, without a port.
    pub host: String,
    /// The path.
    pub path: String,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    /// Of TLS, how the session came about.
    pub handshake: Option<HandshakeKind>,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

impl Door {
    /// Opens a connection.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(&self) -> Result<Connection, String> {
        let stream = TcpStream::connect(self.address).await.named("connect")?;
        stream.set_nodelay(true).named("connect")?;
        match &self.tls {
            None => Connection::over(stream, self.version, None).await,
            Some(config) => {
                let stream = shake_hands(Arc::clone(config), stream).await?;
                let handshake = stream.get_ref().1.handshake_kind();
                Connection::over(stream, self.version, handshake).await
            }
        }
    }
}

impl Connection {
    async fn over<S>(
        stream: S,
        version: HttpVersion,
        handshake: Option<HandshakeKind>,
    ) -> Result<Self, String>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let io = TokioIo::new(stream);
        let sender = match version {
            HttpVersion::Http1 => {
                let (sender, connection) = http1::handshake(io).await.named("begin HTTP/1.1")?;
                // It ends with the last handle for requests.
                tokio::spawn(connection);
                Sender::Http1(sender)
            }
            HttpVersion::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io)
                    .await
                    .named("begin HTTP/2")?;
                tokio::spawn(connection);
                Sender::Http2(sender)
            }
        };
        Ok(Self { sender, handshake })
    }

    /// The status of the answer, once all of it is there.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&mut self, question: &Question) -> Result<u16, String> {
        let response = self.sender.send(question).await.named("send")?;
        let status = response.status().as_u16();
        response.into_body().collect().await.named("read the answer")?;
        Ok(status)
    }
}

impl Sender {
    async fn send(&mut self, question: &Question) -> Result<Response<Incoming>, String> {
        match self {
            Self::Http1(sender) => {
                sender.ready().await.named("wait for the connection")?;
                let request = Request::get(&question.path).header("host", &question.host);
                let request = request.body(Body::new()).named("the request")?;
                sender
                    .send_request(request)
                    .await
                    .map_err(|error| error.to_string())
            }
            Self::Http2(sender) => {
                sender.ready().await.named("wait for the connection")?;
                let request = Request::get(format!("https://{}{}", question.host, question.path));
                let request = request.body(Body::new()).named("the request")?;
                sender
                    .send_request(request)
                    .await
                    .map_err(|error| error.to_string())
            }
        }
    }
}

async fn shake_hands(config: Arc<ClientConfig>, stream: TcpStream) -> Result<TlsStream<TcpStream>, String> {
    let name = ServerName::try_from(SERVER_NAME).named("the server's name")?;
    TlsConnector::from(config)
        .connect(name, stream)
        .await
        .named("handshake")
}
