//! The demo's side of an application's control listener.

use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::application::Tally;
use crate::http_request::HttpRequest;
use crate::mtls_client::{Client, STEP_TIMEOUT};
use crate::transport_failure::TransportFailure;

/// Where the tally is.
pub(crate) const TALLY: &str = "/tally";
/// Where orders to send a request go.
pub(crate) const SEND: &str = "/send";

/// Carrying out an order takes up to three steps of the application's own client.
const ORDER_TIMEOUT: Duration = STEP_TIMEOUT.saturating_mul(4);

/// A request that an application is to send through its Envoy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendOrder {
    /// The name of the peer.
    pub to: String,
    /// The method.
    pub method: String,
    /// The path and the query, sent as they are.
    pub path: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
}

/// What the application got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A response.
    Response {
        /// Its status code.
        status: u16,
        /// Its body.
        body: String,
    },
    /// None.
    Failure {
        /// Why.
        reason: String,
    },
}

/// Speaks with the control listener of one application.
#[derive(Clone)]
pub struct ControlClient {
    address: SocketAddr,
    client: Client,
}

/// The control listener did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No response.
    #[error("{0}")]
    Transport(#[from] TransportFailure),
    /// A response that says no, or one that does not parse.
    #[error("its control listener at {address} answered {status}: `{body}`")]
    Answer {
        /// The listener.
        address: SocketAddr,
        /// The status code.
        status: u16,
        /// The body.
        body: String,
    },
}

impl ControlClient {
    /// A client of the control listener at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            client: Client::plaintext(address).with_step_timeout(ORDER_TIMEOUT),
        }
    }

    /// What the application received so far.
    ///
    /// # Errors
    /// When the application does not answer, or not as it should.
    pub async fn tally(&self) -> Result<Tally, ControlError> {
        self.ask(&HttpRequest::new("GET", TALLY)).await
    }

    /// Makes the application send a request, and returns what it got.
    ///
    /// # Errors
    /// When the application does not answer, or not as it should.
    pub async fn send(&self, order: &SendOrder) -> Result<Answer, ControlError> {
        let body = serde_json::to_vec(order).map_err(|error| ControlError::Answer {
            address: self.address,
            status: 0,
            body: error.to_string(),
        })?;
        self.ask(&HttpRequest::new("POST", SEND).with_body(body)).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: &HttpRequest) -> Result<T, ControlError> {
        let response = self.client.send(request).await?;
        let parsed = serde_json::from_slice(&response.body).ok();
        parsed
            .filter(|_| response.status == 200)
            .ok_or_else(|| ControlError::Answer {
                address: self.address,
                status: response.status,
                body: response.body_text(),
            })
    }
}
