//! [`GrpcApplication`]: answers every gRPC call with an empty message and status 0, and counts the calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Not compressed, and no bytes long.
const EMPTY_MESSAGE: &[u8] = &[0; 5];

/// The application. It ends when it is dropped.
pub struct GrpcApplication {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl GrpcApplication {
    /// Starts it on a free port of loopback.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let calls = Arc::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&calls)));
        Ok(Self {
            address,
            calls,
            server,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many calls arrived so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for GrpcApplication {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, calls: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _peer)) = listener.accept().await {
        connections.spawn(serve_connection(stream, Arc::clone(&calls)));
    }
}

async fn serve_connection(stream: TcpStream, calls: Arc<AtomicUsize>) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(call) = connection.accept().await {
        let (_request, mut respond) = call?;
        calls.fetch_add(1, Ordering::SeqCst);
        let mut response = Response::new(());
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        let mut body = respond.send_response(response, false)?;
        body.send_data(Bytes::from_static(EMPTY_MESSAGE), false)?;
        body.send_trailers(status_ok())?;
    }
    Ok(())
}

fn status_ok() -> HeaderMap {
    HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )])
}
