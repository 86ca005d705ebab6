//! The upstream host that a request went to, and the connection to it (`upstream.*`).

use std::net::SocketAddr;
use std::time::Duration;

use crate::envoy::certificate::{self, LocalCertificate, PeerCertificate};
use crate::envoy::connection::TlsVersion;
use crate::envoy::dynamic_metadata::DynamicMetadata;
use crate::envoy::node::Locality;
use crate::envoy::properties::Properties;
use crate::envoy::property_value::PropertyValue;

/// An upstream host, built by chaining. Its properties are there once the request has gone past the plugin to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    address: SocketAddr,
    local_address: Option<SocketAddr>,
    locality: Locality,
    metadata: Option<DynamicMetadata>,
    locality_metadata: Option<DynamicMetadata>,
    tls: Option<Tls>,
    transport_failure_reason: String,
    ready_after: Option<Duration>,
    attempts: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Tls {
    version: TlsVersion,
    peer: PeerCertificate,
    local: LocalCertificate,
}

impl Upstream {
    /// A host that is reached without TLS, at the first attempt.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            local_address: None,
            locality: Locality::default(),
            metadata: None,
            locality_metadata: None,
            tls: None,
            transport_failure_reason: String::new(),
            ready_after: None,
            attempts: 1,
        }
    }

    /// Envoy's own end of the connection.
    #[must_use]
    pub const fn with_local_address(mut self, address: SocketAddr) -> Self {
        self.local_address = Some(address);
        self
    }

    /// Where the host is.
    #[must_use]
    pub fn with_locality(mut self, locality: Locality) -> Self {
        self.locality = locality;
        self
    }

    /// The metadata of the host; without it `xds.upstream_host_metadata` is there, but cannot be read.
    #[must_use]
    pub fn with_metadata(mut self, metadata: DynamicMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// The metadata of the host's locality; without it `xds.upstream_host_locality_metadata` is there, but cannot be read.
    #[must_use]
    pub fn with_locality_metadata(mut self, metadata: DynamicMetadata) -> Self {
        self.locality_metadata = Some(metadata);
        self
    }

    /// The host's certificate, and the one that Envoy presented to it.
    #[must_use]
    pub fn with_tls(mut self, version: TlsVersion, peer: PeerCertificate, local: LocalCertificate) -> Self {
        self.tls = Some(Tls { version, peer, local });
        self
    }

    /// Why the host could not be reached.
    #[must_use]
    pub fn with_transport_failure_reason(mut self, reason: impl Into<String>) -> Self {
        self.transport_failure_reason = reason.into();
        self
    }

    /// How long a connection took to be ready.
    #[must_use]
    pub const fn with_ready_after(mut self, duration: Duration) -> Self {
        self.ready_after = Some(duration);
        self
    }

    /// How many attempts there were.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u64) -> Self {
        self.attempts = attempts;
        self
    }

    /// The properties of a stream that goes to this host.
    #[must_use]
    pub fn properties(&self) -> Properties {
        let of_host = Properties::new()
            .string(["upstream", "address"], self.address.to_string())
            .signed(["upstream", "port"], self.address.port().into())
            .with(["upstream", "locality"], self.locality.value())
            .with(
                ["xds", "upstream_host_metadata"],
                metadata(self.metadata.as_ref()),
            )
            .with(
                ["xds", "upstream_host_locality_metadata"],
                metadata(self.locality_metadata.as_ref()),
            );
        Properties::new().once_upstream(of_host.and(self.of_connection()))
    }

    fn of_connection(&self) -> Properties {
        let mut properties = Properties::new()
            .string(
                ["upstream", "transport_failure_reason"],
                self.transport_failure_reason.as_str(),
            )
            .unsigned(["upstream", "request_attempt_count"], self.attempts);
        if let Some(address) = self.local_address {
            properties = properties.string(["upstream", "local_address"], address.to_string());
        }
        if let Some(duration) = self.ready_after {
            let nanoseconds = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
            properties = properties.signed(["upstream", "cx_pool_ready_duration"], nanoseconds);
        }
        match &self.tls {
            Some(tls) => properties.and(tls.properties()),
            None => properties,
        }
    }
}

impl Tls {
    fn properties(&self) -> Properties {
        certificate::properties("upstream", Some(&self.peer), Some(&self.local))
            .string(["upstream", "tls_version"], self.version.name())
    }
}

/// Metadata that a host does not have is there all the same, but has no byte form, as in Envoy.
fn metadata(metadata: Option<&DynamicMetadata>) -> PropertyValue {
    metadata.map_or(PropertyValue::Unserializable, PropertyValue::from)
}
