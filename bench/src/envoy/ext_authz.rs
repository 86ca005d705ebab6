//! [`AllowAll`]: the smallest external authorizer there can be, which is the floor under every other.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use spiffe_authz_envoy_config::address;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use crate::envoy::problem::Problem as _;

const CLUSTER: &str = "ext_authz";
/// A `CheckResponse` whose `status` is there and says 0, in one gRPC frame: not compressed, two bytes long.
const ALLOWED: &[u8] = &[0, 0, 0, 0, 2, 0x0a, 0];

/// A gRPC server on loopback that answers every check with "yes", in a thread of its own.
pub struct AllowAll {
    address: SocketAddr,
    checks: Arc<AtomicU64>,
}

impl AllowAll {
    /// Begins to listen.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start() -> Result<Self, String> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).named("the authorizer")?;
        listener.set_nonblocking(true).named("the authorizer")?;
        let address = listener.local_addr().named("the authorizer")?;
        let checks = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&checks);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .named("the authorizer")?;
        // It ends with this process.
        thread::spawn(move || runtime.block_on(serve(listener, counted)));
        Ok(Self { address, checks })
    }

    /// How many checks were answered.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// The filter that asks it.
    #[must_use]
    pub fn http_filter() -> Value {
        json!({
            "name": "ext_authz",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
                "transport_api_version": "V3",
                "grpc_service": {"envoy_grpc": {"cluster_name": CLUSTER}, "timeout": "1s"},
            },
        })
    }

    /// The cluster that the filter asks.
    #[must_use]
    pub fn cluster(&self) -> Value {
        let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        json!({
            "name": CLUSTER,
            "type": "STATIC",
            "connect_timeout": "1s",
            "typed_extension_protocol_options": {options: {
                "@type": format!("type.googleapis.com/{options}"),
                "explicit_http_config": {"http2_protocol_options": {}},
            }},
            "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": address::socket_address(self.address)}},
            ]}]},
        })
    }
}

async fn serve(listener: std::net::TcpListener, checks: Arc<AtomicU64>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, Arc::clone(&checks)));
    }
}

/// A connection that breaks shows at the other end of it, where requests are not allowed then.
async fn connection(stream: TcpStream, checks: Arc<AtomicU64>) {
    let _no_delay = stream.set_nodelay(true);
    let service = service_fn(move |request| check(request, Arc::clone(&checks)));
    let _ended = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn check(
    request: Request<Incoming>,
    checks: Arc<AtomicU64>,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    request.into_body().collect().await?;
    checks.fetch_add(1, Ordering::Relaxed);
    let trailers = HeaderMap::from_iter([(
        hyper::header::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let body = Full::new(Bytes::from_static(ALLOWED)).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body);
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, grpc);
    Ok(response)
}
