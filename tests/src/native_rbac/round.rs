//! [`Round`]: a configuration and requests for it.

use serde_json::Value;
use spiffe_authz_policy::{Document, NativeRbac, PolicySet, RequestDocument};

use crate::envoy::metadata_headers::MetadataHeaders;
use crate::generate::{Generator, Mode};
use crate::native_rbac::connection::HttpVersion;
use crate::native_rbac::facts::Facts;
use crate::native_rbac::{aligned, sendable};

/// How many requests share a connection.
const REQUESTS_OF_A_CONNECTION: usize = 5;

/// A plugin configuration, and what is sent to it.
#[derive(Clone, Debug)]
pub struct Round {
    /// The plugin configuration.
    pub configuration: Value,
    pub(super) native: NativeRbac,
    pub(super) metadata: MetadataHeaders,
    pub(super) connections: Vec<Connected>,
}

/// Requests that are sent over one connection.
#[derive(Clone, Debug)]
pub(super) struct Connected {
    pub(super) facts: Facts,
    pub(super) version: HttpVersion,
    pub(super) requests: Vec<Sent>,
}

/// A request as it is sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The request document.
    pub document: Value,
    pub(super) request: RequestDocument,
    /// The version of HTTP.
    pub version: HttpVersion,
}

impl Round {
    /// The round of this seed, with about this many requests.
    ///
    /// # Errors
    /// When the generator makes what no side understands.
    pub fn generate(seed: u64, requests: usize) -> Result<Self, String> {
        let mut generator = Generator::new(seed, Mode::IstioRbac);
        let mut configuration = generator.configuration().clone();
        aligned::align(&mut configuration);
        let mut documents = generator.requests(requests);
        for connection in documents.chunks_mut(REQUESTS_OF_A_CONNECTION) {
            let Some((first, others)) = connection.split_first_mut() else {
                continue;
            };
            sendable::make(first);
            for other in others {
                sendable::move_to_connection(other, first);
            }
        }
        let connections = documents.chunks(REQUESTS_OF_A_CONNECTION).enumerate();
        let connections = connections.map(|(index, documents)| {
            let version = if (seed as usize).wrapping_add(index) % 2 == 0 {
                HttpVersion::Http1
            } else {
                HttpVersion::Http2
            };
            Connected::new(documents, version)
        });
        Self::new(configuration, connections.collect::<Result<_, _>>()?)
    }

    /// A round of these requests, each on a connection of its own.
    ///
    /// # Errors
    /// When a side does not understand the configuration or a request.
    pub fn of(configuration: &Value, requests: &[(Value, HttpVersion)]) -> Result<Self, String> {
        let connected = |(request, version): &(Value, HttpVersion)| {
            Connected::new(std::slice::from_ref(request), *version)
        };
        let connections: Result<_, String> = requests.iter().map(connected).collect();
        Self::new(configuration.clone(), connections?)
    }

    fn new(configuration: Value, connections: Vec<Connected>) -> Result<Self, String> {
        let document: Document =
            serde_json::from_value(configuration.clone()).map_err(|error| error.to_string())?;
        PolicySet::from_document(&document, None).map_err(|error| error.to_string())?;
        let native = NativeRbac::render(&document, None).map_err(|error| error.to_string())?;
        let requests = connections.iter().flat_map(|connected| &connected.requests);
        let metadata = MetadataHeaders::of_requests(requests.map(|sent| &sent.request));
        Ok(Self {
            configuration,
            native,
            metadata,
            connections,
        })
    }
}

impl Connected {
    fn new(documents: &[Value], version: HttpVersion) -> Result<Self, String> {
        let requests: Vec<Sent> = documents
            .iter()
            .map(|document| Sent::new(document, version))
            .collect::<Result<_, _>>()?;
        let first = requests.first().ok_or("a connection without a request")?;
        Ok(Self {
            facts: Facts::of(&first.request),
            version,
            requests,
        })
    }
}

impl Sent {
    fn new(document: &Value, version: HttpVersion) -> Result<Self, String> {
        let request =
            RequestDocument::from_json(document.to_string().as_bytes()).map_err(|error| error.to_string())?;
        Ok(Self {
            document: document.clone(),
            request,
            version,
        })
    }
}
