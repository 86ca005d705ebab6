//! The Envoys' configurations: what each workload's sidecar is, and the files it reads.

use std::path::Path;

use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, Inbound, LoopbackAddress, Node, Outbound,
    Sidecar, SvidPaths, TrustBundle, ecds_document,
};
use spiffe_authz_pki::SvidDirectory;

use crate::layout::Layout;
use crate::mesh_error::MeshError;
use crate::policies::parse_policies;
use crate::replace_file::replace_file;
use crate::workload::{NAMESPACE, Topology, Workload};

/// What all sidecars of a mesh have in common.
#[derive(Debug, Clone, Copy)]
pub struct Sidecars<'a> {
    /// Where their files lie.
    pub layout: &'a Layout,
    /// The filter, `spiffe_authz_filter.wasm`.
    pub filter: &'a Path,
    /// Where everything listens.
    pub topology: &'a Topology,
}

impl Sidecars<'_> {
    /// The sidecar of this workload.
    ///
    /// # Errors
    /// When a path is not UTF-8, or an address that must be on loopback is not.
    pub fn of(&self, workload: Workload) -> Result<Sidecar, MeshError> {
        let addresses = self.topology.of(workload);
        Ok(Sidecar {
            node: node(workload),
            admin: addresses.admin.try_into()?,
            metrics: None,
            inbound: Inbound {
                listen: addresses.inbound,
                application: addresses.application.try_into()?,
                protocol: ApplicationProtocol::Http,
                transport: workload.inbound_transport(),
            },
            outbound: self.outbound(workload)?,
            svid: self.svid_paths(workload)?.into(),
            filter: self.filter_module(workload)?,
            access_log: self.layout.access_log(workload).try_into()?,
        })
    }

    /// Writes the files beside the bootstrap: where the SVID is, and the filter's configuration.
    ///
    /// # Errors
    /// When the policies are no YAML or a file cannot be written.
    pub fn write_files(&self, workload: Workload, policies: &str) -> Result<(), MeshError> {
        for document in self.of(workload)?.sds_documents() {
            write(document.path.as_path(), &document.document.to_string())?;
        }
        self.write_policies(workload, policies)
    }

    /// Writes the file from which the workload's Envoy takes the filter's configuration, in one step: an Envoy
    /// that runs takes it up at once.
    ///
    /// # Errors
    /// When the policies are no YAML or the file cannot be written.
    pub fn write_policies(&self, workload: Workload, policies: &str) -> Result<(), MeshError> {
        let document = ecds_document(
            &self.filter_module(workload)?,
            ApplicationProtocol::Http,
            &parse_policies(policies)?,
        );
        write(&self.layout.ecds(workload), &document.to_string())
    }

    fn outbound(&self, workload: Workload) -> Result<Vec<Outbound>, MeshError> {
        let listeners = self.topology.of(workload).outbound.iter();
        listeners
            .map(|(peer, listen)| {
                Ok(Outbound {
                    name: peer.name().to_owned(),
                    listen: LoopbackAddress::try_from(*listen)?,
                    peer: self.topology.of(*peer).inbound,
                    spiffe_id: peer.spiffe_id(),
                })
            })
            .collect()
    }

    fn filter_module(&self, workload: Workload) -> Result<FilterModule, MeshError> {
        let source = FilterSource::Ecds {
            path: self.layout.ecds(workload).try_into()?,
        };
        Ok(FilterModule {
            wasm: self.filter.try_into()?,
            source,
        })
    }

    fn svid_paths(&self, workload: Workload) -> Result<SvidPaths, MeshError> {
        let folder = self.layout.workload(workload);
        let svid = SvidDirectory::new(self.layout.svid(workload));
        Ok(SvidPaths {
            svid_sds: folder.join("svid.sds.json").try_into()?,
            trust_bundle_sds: folder.join("trust-bundle.sds.json").try_into()?,
            certificate: svid.certificate().try_into()?,
            private_key: svid.private_key().try_into()?,
            trust_bundle: TrustBundle::OneForAll(svid.bundle().try_into()?),
            watched_directory: FilePath::new(svid.path())?,
        })
    }
}

/// The node from whose metadata the filter learns which workload it guards.
fn node(workload: Workload) -> Node {
    Node {
        id: format!("{workload}-demo"),
        cluster: workload.name().to_owned(),
        namespace: NAMESPACE.to_owned(),
        labels: workload.labels(),
    }
}

fn write(path: &Path, text: &str) -> Result<(), MeshError> {
    replace_file(path, text).map_err(|source| MeshError::Write {
        path: path.to_owned(),
        source,
    })
}
