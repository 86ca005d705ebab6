//! A client in plaintext that keeps its connection: it was silent while readiness looked, and is still there afterwards.

use std::net::{IpAddr, SocketAddr};

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use crate::application::MARK;
use crate::migration::error::MigrationError;
use crate::mtls_client::connect;
use crate::observation::Got;

/// A connection in plaintext over which requests go one after the other.
#[derive(Debug)]
pub struct KeptConnection {
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
}

impl KeptConnection {
    /// Opens the connection, from this address of the machine.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(to: SocketAddr, from: IpAddr) -> Result<Self, MigrationError> {
        let stream = connect(to, Some(from)).await.map_err(failure)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(failure)?;
        // How the connection ends, the next request says.
        let driver = tokio::spawn(async move {
            let _end = connection.await;
        });
        Ok(Self { sender, driver })
    }

    /// Sends `GET path`, marked, and returns what came of it; that the connection was closed, too.
    pub async fn get(&mut self, path: &str, mark: &str) -> Got {
        match self.exchange(path, mark).await {
            Ok((status, body)) => Got::Response { status, body },
            Err(error) => Got::NotSent {
                at: "the kept connection".to_owned(),
                reason: error.to_string(),
            },
        }
    }

    async fn exchange(&mut self, path: &str, mark: &str) -> Result<(u16, String), hyper::Error> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("payments"));
        if let Ok(mark) = HeaderValue::from_str(mark) {
            headers.insert(MARK, mark);
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

impl Drop for KeptConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn failure(reason: impl std::fmt::Display) -> MigrationError {
    MigrationError::KeptConnection {
        reason: reason.to_string(),
    }
}
