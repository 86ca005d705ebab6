//! [`Http2`]: a client's connection that carries requests of HTTP/2.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use http::{Request, Uri};
use spiffe_authz_demo::http_request::HttpRequest;
use tokio::time::timeout;

use crate::envoy::client::Connection;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open connection.
pub struct Http2 {
    requests: SendRequest<Bytes>,
    authority: String,
}

impl Http2 {
    /// Begins HTTP/2 on a connection that has carried nothing.
    ///
    /// # Errors
    /// When the server speaks something else or takes too long.
    pub async fn start(connection: Connection) -> Result<Self, String> {
        let authority = connection.address().to_string();
        let (requests, connection) = within(h2::client::handshake(connection.into_stream())).await?;
        // It ends with the last handle for requests.
        tokio::spawn(connection);
        Ok(Self { requests, authority })
    }

    /// Sends a request without a body; the status of the answer.
    ///
    /// # Errors
    /// When HTTP/2 cannot carry it, the server resets it, or it takes too long.
    pub async fn status(&mut self, request: &HttpRequest) -> Result<u16, String> {
        let request = self.request(request).map_err(|error| error.to_string())?;
        let mut requests = within(self.requests.clone().ready()).await?;
        let (response, _) = requests
            .send_request(request, true)
            .map_err(|error| error.to_string())?;
        Ok(within(response).await?.status().as_u16())
    }

    fn request(&self, request: &HttpRequest) -> Result<Request<()>, http::Error> {
        let uri = Uri::builder()
            .scheme("https")
            .authority(self.authority.as_str())
            .path_and_query(request.target.as_slice())
            .build()?;
        let builder = Request::builder().method(request.method.as_str()).uri(uri);
        let headers = request.headers.iter();
        headers
            .fold(builder, |builder, (name, value)| {
                builder.header(name, value.as_slice())
            })
            .body(())
    }
}

async fn within<T>(work: impl Future<Output = Result<T, h2::Error>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no step of HTTP/2 within {PATIENCE:?}")),
    }
}
