//! The listener and the filter chain that took the connection in (`xds.listener_direction` and others).

use crate::envoy::dynamic_metadata::DynamicMetadata;
use crate::envoy::properties::Properties;

/// A listener, built by chaining. Without one a stream has a listener of no direction, without metadata, and a filter chain
/// without a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listener {
    direction: TrafficDirection,
    metadata: DynamicMetadata,
    filter_chain: String,
}

/// Which way the traffic of a listener goes, as seen from the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrafficDirection {
    /// Not told: 0.
    #[default]
    Unspecified,
    /// To the workload: 1.
    Inbound,
    /// From the workload: 2.
    Outbound,
}

impl TrafficDirection {
    const fn number(self) -> i64 {
        match self {
            Self::Unspecified => 0,
            Self::Inbound => 1,
            Self::Outbound => 2,
        }
    }
}

impl Listener {
    /// A listener of this direction.
    #[must_use]
    pub fn new(direction: TrafficDirection) -> Self {
        Self {
            direction,
            ..Self::default()
        }
    }

    /// Its metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: DynamicMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// The name of the filter chain.
    #[must_use]
    pub fn with_filter_chain(mut self, name: impl Into<String>) -> Self {
        self.filter_chain = name.into();
        self
    }

    /// The properties of a stream of this listener.
    #[must_use]
    pub fn properties(&self) -> Properties {
        Properties::new()
            .signed(["xds", "listener_direction"], self.direction.number())
            .with(["xds", "listener_metadata"], (&self.metadata).into())
            .string(["xds", "filter_chain_name"], self.filter_chain.as_str())
    }
}
