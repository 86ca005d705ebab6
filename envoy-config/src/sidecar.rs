//! A sidecar as a whole: the bootstrap and the files beside it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    FilePath, FilterModule, Inbound, LoopbackAddress, Node, Outbound, SdsDocument, SvidSource, admin,
    metrics_listener, overload, stats,
};

/// All that a workload's Envoy needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Sidecar {
    /// Who this Envoy is.
    pub node: Node,
    /// Where the admin interface listens.
    pub admin: LoopbackAddress,
    /// Where another machine may read the metrics; nowhere for `None`.
    pub metrics: Option<SocketAddr>,
    /// What peers reach.
    pub inbound: Inbound,
    /// The peers that the application calls; each name once.
    pub outbound: Vec<Outbound>,
    /// From where the SVID and the trust bundle come.
    pub svid: SvidSource,
    /// The filter and its configuration.
    pub filter: FilterModule,
    /// The file to which requests and failed handshakes are logged, one JSON object a line.
    pub access_log: FilePath,
}

impl Sidecar {
    /// The complete `envoy.config.bootstrap.v3.Bootstrap`.
    ///
    /// It refers to the files of [`Sidecar::sds_documents`] and, with
    /// [`FilterSource::Ecds`](crate::FilterSource::Ecds), to the one of [`ecds_document`](crate::ecds_document).
    #[must_use]
    pub fn bootstrap(&self) -> Value {
        json!({
            "node": self.node.render(),
            "admin": admin::admin(self.admin),
            "overload_manager": overload::overload_manager(),
            "stats_config": stats::stats_config(),
            "static_resources": {"listeners": self.listeners(), "clusters": self.clusters()},
        })
    }

    /// The files from which Envoy takes the SVID and the trust bundle; none where an agent answers.
    #[must_use]
    pub fn sds_documents(&self) -> Vec<SdsDocument> {
        self.svid.sds_documents()
    }

    fn listeners(&self) -> Vec<Value> {
        let inbound = self.inbound.listener(&self.svid, &self.filter, &self.access_log);
        let outbound = self.outbound.iter().map(|peer| peer.listener(&self.access_log));
        let metrics = self.metrics.map(metrics_listener::listener);
        std::iter::once(inbound).chain(outbound).chain(metrics).collect()
    }

    fn clusters(&self) -> Vec<Value> {
        let peers = self.outbound.iter().map(|peer| peer.cluster(&self.svid));
        let clusters = std::iter::once(self.inbound.cluster()).chain(peers);
        let metrics = self.metrics.map(|_| metrics_listener::cluster(self.admin));
        clusters.chain(self.svid.clusters()).chain(metrics).collect()
    }
}
