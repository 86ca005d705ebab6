//! [`Connection`]: a client's connection that is kept for many requests, over HTTP/1.1 or HTTP/2.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use http::Uri;
use rustls::pki_types::ServerName;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::envoy::identities::SERVER_NAME;
use crate::native_rbac::answer::Answer;
use crate::native_rbac::facts::Facts;
use crate::native_rbac::listeners::DETAILS_HEADER;
use crate::native_rbac::tls::Connectors;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The version of HTTP that a request is sent with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HttpVersion {
    /// HTTP/1.1
    Http1,
    /// HTTP/2
    Http2,
}

impl HttpVersion {
    pub(super) fn alpn(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

pub(super) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}
type Stream = Box<dyn ByteStream>;

/// An open connection.
pub(super) enum Connection {
    Http1(Stream),
    Http2(SendRequest<Bytes>),
}

impl Connection {
    /// Connects from the address of the facts, says in a PROXY header what they say, and performs the handshake.
    pub(super) async fn open(
        address: SocketAddr,
        facts: &Facts,
        version: HttpVersion,
        connectors: &Connectors,
    ) -> Result<Self, String> {
        let mut stream = within("connect", connect(address, facts.direct)).await?;
        within(
            "write the PROXY header",
            stream.write_all(facts.proxy_header()?.encode().as_bytes()),
        )
        .await?;
        let stream: Stream = match &facts.uri_sans {
            None => Box::new(stream),
            Some(uri_sans) => {
                let connector = connectors.connector(uri_sans, facts.sni.is_some(), version)?;
                let name = facts.sni.clone().unwrap_or_else(|| SERVER_NAME.to_owned());
                let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
                Box::new(within("handshake", connector.connect(name, stream)).await?)
            }
        };
        match version {
            HttpVersion::Http1 => Ok(Self::Http1(stream)),
            HttpVersion::Http2 => {
                let (requests, connection) = within("begin HTTP/2", async {
                    h2::client::handshake(stream).await.map_err(io::Error::other)
                })
                .await?;
                // It ends with the last handle for requests.
                tokio::spawn(connection);
                Ok(Self::Http2(requests))
            }
        }
    }

    /// Sends a request and reads how it was answered.
    pub(super) async fn send(&mut self, request: &HttpRequest) -> Result<Answer, String> {
        match self {
            Self::Http1(stream) => within("exchange", send_http1(stream, request)).await,
            Self::Http2(requests) => within("exchange", send_http2(requests, request)).await,
        }
    }
}

async fn connect(address: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // Ports of connections that have just ended are free to be used again.
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(from, 0))?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn send_http1(stream: &mut Stream, request: &HttpRequest) -> io::Result<Answer> {
    stream.write_all(&request.encode("")).await?;
    stream.flush().await?;
    let mut received = Vec::new();
    loop {
        let ended = stream.read_buf(&mut received).await? == 0;
        if let Some(response) =
            HttpResponse::parse(&received, ended, &request.method).map_err(io::Error::other)?
        {
            let details = response.header(DETAILS_HEADER).unwrap_or_default();
            return Ok(Answer::of(response.status, &String::from_utf8_lossy(details)));
        }
        if ended {
            return Err(io::Error::other("no whole response"));
        }
    }
}

async fn send_http2(requests: &mut SendRequest<Bytes>, request: &HttpRequest) -> io::Result<Answer> {
    let request = http2_request(request).ok_or_else(|| io::Error::other("no request of HTTP/2"))?;
    let mut ready = requests.clone().ready().await.map_err(io::Error::other)?;
    let (response, _) = ready.send_request(request, true).map_err(io::Error::other)?;
    let response = response.await.map_err(io::Error::other)?;
    let details = response
        .headers()
        .get(DETAILS_HEADER)
        .map_or(&[][..], http::HeaderValue::as_bytes);
    Ok(Answer::of(
        response.status().as_u16(),
        &String::from_utf8_lossy(details),
    ))
}

/// The request for HTTP/2; `None` where the library does not send such a one.
pub(super) fn http2_request(request: &HttpRequest) -> Option<http::Request<()>> {
    let (mut host, mut headers) = (None, Vec::new());
    for (name, value) in &request.headers {
        match name.as_str() {
            "host" => host = Some(value.as_slice()),
            // Of HTTP/1.1 alone.
            "connection" => {}
            _ => headers.push((name, value)),
        }
    }
    let uri = Uri::builder()
        .scheme("https")
        .authority(host?)
        .path_and_query(request.target.as_slice());
    let uri = uri.build().ok()?;
    let is_same = uri.path_and_query()?.as_str().as_bytes() == request.target
        && uri.authority()?.as_str().as_bytes() == host?;
    let builder = http::Request::builder().method(request.method.as_str()).uri(uri);
    let builder = headers.into_iter().fold(builder, |builder, (name, value)| {
        builder.header(name, value.as_slice())
    });
    builder.body(()).ok().filter(|_| is_same)
}

async fn within<T>(step: &str, work: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|error| format!("cannot {step}: {error}")),
        Err(_) => Err(format!("cannot {step} within {PATIENCE:?}")),
    }
}
