//! The route that a request takes: virtual host, route and cluster (`xds.route_name` and others).

use crate::envoy::dynamic_metadata::DynamicMetadata;
use crate::envoy::properties::Properties;

/// A route, built by chaining. Without one a stream has none: the properties are not there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Route {
    name: String,
    metadata: DynamicMetadata,
    virtual_host: String,
    virtual_host_metadata: DynamicMetadata,
    cluster: Option<Cluster>,
}

#[derive(Debug, Clone, PartialEq)]
struct Cluster {
    name: String,
    metadata: DynamicMetadata,
    endpoints: u64,
}

impl Route {
    /// A route of this name, which may be empty, of a virtual host of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, virtual_host: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            virtual_host: virtual_host.into(),
            ..Self::default()
        }
    }

    /// The metadata of the route.
    #[must_use]
    pub fn with_metadata(mut self, metadata: DynamicMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// The metadata of the virtual host.
    #[must_use]
    pub fn with_virtual_host_metadata(mut self, metadata: DynamicMetadata) -> Self {
        self.virtual_host_metadata = metadata;
        self
    }

    /// The cluster that it leads to, its metadata, and how many endpoints it has; a route that answers by itself has none.
    #[must_use]
    pub fn to_cluster(mut self, name: impl Into<String>, metadata: DynamicMetadata, endpoints: u64) -> Self {
        self.cluster = Some(Cluster {
            name: name.into(),
            metadata,
            endpoints,
        });
        self
    }

    /// The properties of a stream on this route.
    #[must_use]
    pub fn properties(&self) -> Properties {
        let route = Properties::new()
            .string(["xds", "route_name"], self.name.as_str())
            .with(["xds", "route_metadata"], (&self.metadata).into())
            .string(["xds", "virtual_host_name"], self.virtual_host.as_str())
            .with(
                ["xds", "virtual_host_metadata"],
                (&self.virtual_host_metadata).into(),
            );
        match &self.cluster {
            Some(cluster) => route.and(cluster.properties()),
            None => route,
        }
    }
}

impl Cluster {
    fn properties(&self) -> Properties {
        Properties::new()
            .string(["xds", "cluster_name"], self.name.as_str())
            .with(["xds", "cluster_metadata"], (&self.metadata).into())
            .unsigned(["upstream", "num_endpoints"], self.endpoints)
    }
}
