//! The demo application: an HTTP server behind its Envoy that answers with what it received, and a control
//! listener through which the demo makes it send requests of its own.
//!
//! The demo marks each request with the header [`MARK`], so that it can ask afterwards whether that very
//! request reached the application, and find it in the access logs.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};

use crate::control::{self, Answer, SendOrder};
use crate::http_request::HttpRequest;
use crate::mtls_client::Client;

/// The header that tells one request from another: W3C Trace Context, which Envoy passes on and logs.
pub const MARK: &str = "traceparent";

/// How many marks are remembered.
const REMEMBERED: usize = 1024;
/// The longest body that the control listener takes.
const LONGEST_ORDER_BYTES: usize = 64 * 1024;

/// What the application received, as it says in the body of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The name of the application that answers.
    pub service: String,
    /// The method.
    pub method: String,
    /// The path and the query, as they came out of the Envoy in front.
    pub path: String,
    /// The values of `x-forwarded-client-cert`, in order.
    pub x_forwarded_client_cert: Vec<String>,
}

/// How many requests an application has received, and which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All requests since the start.
    pub total: u64,
    /// The marks of the last requests that had one.
    pub marks: VecDeque<String>,
}

/// One application. Cloning shares the tally.
#[derive(Debug, Clone)]
pub struct Application {
    name: Arc<str>,
    outbound: Arc<BTreeMap<String, SocketAddr>>,
    tally: Arc<Mutex<Tally>>,
}

impl Application {
    /// An application of this name, and the outbound listeners of its Envoy by the name of the peer.
    #[must_use]
    pub fn new(name: &str, outbound: BTreeMap<String, SocketAddr>) -> Self {
        Self {
            name: name.into(),
            outbound: Arc::new(outbound),
            tally: Arc::default(),
        }
    }

    /// What was received so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves the application on `listener` until the future is dropped.
    pub async fn serve(self, listener: TcpListener) {
        serve_connections(listener, |stream| {
            let application = self.clone();
            let service = service_fn(move |request| {
                let answer = application.answer(&request);
                async move { Ok::<_, Infallible>(answer) }
            });
            async move {
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(stream, service)
                    .await
            }
        })
        .await;
    }

    /// Serves the control interface on `listener` until the future is dropped.
    pub async fn serve_control(self, listener: TcpListener) {
        serve_connections(listener, |stream| {
            let application = self.clone();
            let service = service_fn(move |request| {
                let application = application.clone();
                async move { Ok::<_, Infallible>(application.control(request).await) }
            });
            async move {
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(stream, service)
                    .await
            }
        })
        .await;
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        self.count(request.headers());
        json_response(&Received {
            service: self.name.to_string(),
            method: request.method().to_string(),
            path: request
                .uri()
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            x_forwarded_client_cert: values(request.headers(), "x-forwarded-client-cert"),
        })
    }

    fn count(&self, headers: &HeaderMap) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.total = tally.total.saturating_add(1);
        tally.marks.extend(values(headers, MARK));
        while tally.marks.len() > REMEMBERED {
            tally.marks.pop_front();
        }
    }

    async fn control(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method().as_str(), request.uri().path()) {
            ("GET", control::TALLY) => json_response(&self.tally()),
            ("POST", control::SEND) => match read_order(request).await {
                Ok(order) => json_response(&self.carry_out(order).await),
                Err(problem) => text_response(StatusCode::BAD_REQUEST, problem),
            },
            (method, path) => text_response(StatusCode::NOT_FOUND, format!("no `{method} {path}` here")),
        }
    }

    /// Sends the ordered request to the outbound listener of our own Envoy.
    async fn carry_out(&self, order: SendOrder) -> Answer {
        let Some(address) = self.outbound.get(&order.to) else {
            return Answer::Failure {
                reason: format!("{} has no way to `{}`", self.name, order.to),
            };
        };
        let headers = order
            .headers
            .into_iter()
            .map(|(name, value)| (name, value.into_bytes()))
            .collect();
        let request = HttpRequest {
            method: order.method,
            target: order.path.into_bytes(),
            headers,
            body: Vec::new(),
        };
        let request = request.with_header("host", order.to);
        match Client::plaintext(*address).send(&request).await {
            Ok(response) => Answer::Response {
                status: response.status,
                body: response.body_text(),
            },
            Err(failure) => Answer::Failure {
                reason: failure.to_string(),
            },
        }
    }
}

/// Accepts connections for ever, each in a task of its own that ends when the future is dropped.
async fn serve_connections<F, S, E>(listener: TcpListener, serve: F)
where
    F: Fn(TokioIo<TcpStream>) -> S,
    S: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    let mut connections = tokio::task::JoinSet::new();
    loop {
        // An accept can fail for one connection (it was reset meanwhile); the next one may be fine.
        if let Ok((stream, _peer)) = listener.accept().await {
            connections.spawn(serve(TokioIo::new(stream)));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn read_order(request: Request<Incoming>) -> Result<SendOrder, String> {
    let body = Limited::new(request.into_body(), LONGEST_ORDER_BYTES);
    let bytes = body
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

fn json_response<T: Serialize>(value: &T) -> Response<Full<Bytes>> {
    match serde_json::to_string(value) {
        Ok(mut text) => {
            text.push('\n');
            response(StatusCode::OK, "application/json", text)
        }
        Err(error) => text_response(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn text_response(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", text)
}

fn response(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let content_type = hyper::header::HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, content_type);
    response
}
