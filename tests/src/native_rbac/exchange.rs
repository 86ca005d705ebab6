//! The requests of one connection, sent to both sides.

use std::net::SocketAddr;

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_policy::RequestDocument;

use crate::envoy::metadata_headers::MetadataHeaders;
use crate::native_rbac::answer::{Answer, Answers};
use crate::native_rbac::connection::{Connection, HttpVersion, http2_request};
use crate::native_rbac::facts::Facts;
use crate::native_rbac::listeners::Addresses;
use crate::native_rbac::round::{Connected, Round, Sent};
use crate::native_rbac::tls::Connectors;

/// Sends everything that goes over the connection of this index, a request to both sides before the next one.
pub(super) async fn exchange(
    round: &Round,
    connection: usize,
    addresses: Addresses,
    connectors: &Connectors,
) -> Vec<(Sent, Answers)> {
    let Connected {
        facts,
        version,
        requests,
    } = &round.connections[connection];
    let side = |address| Side {
        address,
        facts,
        version: *version,
        connectors,
        open: None,
    };
    let (mut filter, mut native) = (side(addresses.filter), side(addresses.native));
    let mut exchanged = Vec::with_capacity(requests.len());
    for sent in requests {
        let sent_as = |version| Sent {
            version,
            ..sent.clone()
        };
        exchanged.push(match http_request(&sent.request, &round.metadata) {
            Ok(request) => {
                let version = possible_version(&request, *version);
                let filter = filter.send(&request, version).await;
                let native = native.send(&request, version).await;
                (sent_as(version), Answers { filter, native })
            }
            Err(error) => {
                let unsendable = |side: &str| Answer::None(format!("{side} got no request: {error}"));
                let answers = Answers {
                    filter: unsendable("the filter"),
                    native: unsendable("native RBAC"),
                };
                (sent_as(*version), answers)
            }
        });
    }
    exchanged
}

/// What the library for HTTP/2 does not send goes by HTTP/1.1.
fn possible_version(request: &HttpRequest, wanted: HttpVersion) -> HttpVersion {
    match wanted {
        HttpVersion::Http2 if http2_request(request).is_some() => HttpVersion::Http2,
        HttpVersion::Http1 | HttpVersion::Http2 => HttpVersion::Http1,
    }
}

/// One side of a pair of connections.
struct Side<'a> {
    address: SocketAddr,
    facts: &'a Facts,
    version: HttpVersion,
    connectors: &'a Connectors,
    open: Option<Connection>,
}

impl Side<'_> {
    /// The answer to a request; where a connection broke or none came about, on a new one: how a connection fares
    /// on a busy machine is no verdict. What fails twice has no answer.
    async fn send(&mut self, request: &HttpRequest, version: HttpVersion) -> Answer {
        match self.try_send(request, version).await {
            Err(_) => self.try_send(request, version).await,
            answer => answer,
        }
        .unwrap_or_else(Answer::None)
    }

    async fn try_send(&mut self, request: &HttpRequest, version: HttpVersion) -> Result<Answer, String> {
        let fits = version == self.version;
        let mut connection = match self.open.take_if(|_| fits) {
            Some(open) => open,
            None => Connection::open(self.address, self.facts, version, self.connectors).await?,
        };
        let answer = connection.send(request).await?;
        // Envoy closes a connection whose request it did not understand.
        if fits && !matches!(answer, Answer::Other(_)) {
            self.open = Some(connection);
        }
        Ok(answer)
    }
}

fn http_request(document: &RequestDocument, metadata: &MetadataHeaders) -> Result<HttpRequest, String> {
    let mut request = HttpRequest::new(document.method().unwrap_or_default(), "");
    request.target = document.path().unwrap_or_default().to_vec();
    request = request.with_header("host", document.host().unwrap_or_default());
    request = request.with_header("connection", "keep-alive");
    for (name, value) in metadata.headers(document)? {
        request = request.with_header(&name, value);
    }
    let headers = document.headers();
    Ok(headers.fold(request, |request, (name, value)| request.with_header(name, value)))
}
