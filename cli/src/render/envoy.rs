//! `render envoy`: a complete bootstrap for a workload, and the files that it refers to.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, Inbound, InboundTransport, LoopbackAddress,
    Node, Outbound, Sidecar, SpireBundle, SpireSds, SpireSvid, SvidPaths, SvidSource, TrustBundle,
    ecds_document,
};
use spiffe_authz_policy::{PolicySet, RequestDocument};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::render::document_set::DocumentSet;
use crate::render::error::RenderError;
use crate::render::format::Format;
use crate::render::outbound;
use crate::render::plugin_configuration::PluginConfiguration;
use crate::terminal::Terminal;

/// Render a complete Envoy bootstrap for a workload: mutual TLS, the filter with the policies, and the interlock.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    #[command(flatten)]
    identity: IdentityArguments,
    #[command(flatten)]
    traffic: TrafficArguments,
    #[command(flatten)]
    files: FileArguments,
}

/// From where Envoy takes the SVID and the trust bundle.
#[derive(clap::Args)]
#[command(next_help_heading = "Identity")]
struct IdentityArguments {
    /// The folder of svid.pem, svid_key.pem and svid_bundle.pem, which the SPIFFE issuer replaces
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "spire_socket",
        required_unless_present = "spire_socket"
    )]
    svid_files: Option<PathBuf>,
    /// The socket of the SPIRE agent, which answers Envoy by SDS
    #[arg(long, value_name = "PATH")]
    spire_socket: Option<PathBuf>,
    /// The SVID to ask the agent for [default: the one that it has for this Envoy]
    #[arg(long, value_name = "SPIFFE_ID", requires = "spire_socket", value_parser = outbound::spiffe_id)]
    spiffe_id: Option<String>,
    /// Take peers of federated trust domains too, each by its own bundle (with files: svid_bundles.json)
    #[arg(long)]
    federated: bool,
}

/// What goes in and out.
#[derive(clap::Args)]
#[command(next_help_heading = "Traffic")]
struct TrafficArguments {
    /// What the application speaks
    #[arg(long, value_enum, default_value = "http")]
    protocol: ProtocolName,
    /// Whether plaintext reaches the filter [default: as the PeerAuthentications have it]
    #[arg(long, value_enum)]
    transport: Option<TransportName>,
    /// Where peers connect
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:15006")]
    listen: SocketAddr,
    /// The application behind Envoy, on loopback
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = loopback)]
    application: LoopbackAddress,
    /// A peer that the application calls at this port of loopback, as often as wanted
    #[arg(long, value_name = "NAME,PORT,ADDRESS,SPIFFE_ID", value_parser = outbound::parse)]
    outbound: Vec<Outbound>,
    /// The admin interface, on loopback
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:15000", value_parser = loopback)]
    admin: LoopbackAddress,
    /// Where another machine may read the metrics, at /stats/prometheus, and nothing else [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
}

/// The files, as they are written and as Envoy finds them.
#[derive(clap::Args)]
#[command(next_help_heading = "Files")]
struct FileArguments {
    /// The filter's configuration in a file that Envoy watches: a change needs no restart
    #[arg(long, requires = "out")]
    ecds: bool,
    /// Write all files into this folder, each by a rename, instead of the bootstrap to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder in which Envoy finds these files
    #[arg(long, value_name = "DIR", default_value = "/etc/spiffe-authz")]
    at: PathBuf,
    /// The built filter [default: spiffe_authz_filter.wasm in the folder of `--at`]
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// Where requests are logged
    #[arg(long, value_name = "FILE", default_value = "/var/log/spiffe-authz/access.log")]
    access_log: PathBuf,
    /// The name of this Envoy [default: the label `app`, or the namespace]
    #[arg(long, value_name = "NAME")]
    node_id: Option<String>,
    /// How documents are written
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz render envoy --config orders.yaml --svid-files /run/spiffe-authz/svid --ecds --out envoy
  spiffe-authz render envoy --config orders.yaml --spire-socket /run/spire/agent.sock
  spiffe-authz render envoy --config orders.yaml --spire-socket /run/spire/agent.sock \\
      --outbound payments,15101,192.0.2.20:15006,spiffe://cluster.local/ns/shop/sa/payments";

/// What the application speaks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolName {
    /// HTTP/1.1; each request is judged
    Http,
    /// HTTP/2 without TLS, as gRPC servers do; each request is judged
    Http2,
    /// Anything else; the connection is judged
    Tcp,
}

/// Which connections the listener takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportName {
    /// Mutual TLS alone
    Strict,
    /// Mutual TLS, and beside it plaintext
    Permissive,
}

/// The names of the files beside the bootstrap.
struct Names {
    bootstrap: String,
    filter: String,
    svid: String,
    trust_bundle: String,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let configuration = PluginConfiguration::load(&arguments.policies)?;
    let sidecar = arguments.sidecar(&configuration)?;
    let documents = arguments.documents(&sidecar, &configuration)?;
    match &arguments.files.out {
        Some(folder) => {
            for path in documents.write_to(folder)? {
                terminal.note(&format!("wrote {}", path.display()));
            }
        }
        None => {
            documents.print_first()?;
            let others: Vec<_> = documents.others().collect();
            if !others.is_empty() {
                terminal.note(&format!(
                    "note: it refers to {}: `--out DIR` writes them",
                    others.join(" and ")
                ));
            }
        }
    }
    Ok(Outcome::Yes)
}

impl Arguments {
    fn sidecar(&self, configuration: &PluginConfiguration) -> Result<Sidecar, Failure> {
        let node = self.node(configuration)?;
        let policies = configuration.loaded.policy_set()?;
        let traffic = &self.traffic;
        self.check_names()?;
        Ok(Sidecar {
            node,
            admin: traffic.admin,
            metrics: traffic.metrics,
            inbound: Inbound {
                listen: traffic.listen,
                application: traffic.application,
                protocol: traffic.protocol.into(),
                transport: self.transport(&policies)?,
            },
            outbound: traffic.outbound.clone(),
            svid: self.svid()?,
            filter: self.filter(configuration)?,
            access_log: FilePath::new(self.files.access_log.clone()).map_err(RenderError::from)?,
        })
    }

    fn node(&self, configuration: &PluginConfiguration) -> Result<Node, RenderError> {
        let workload = configuration.workload()?;
        let usual = workload.labels.get("app").unwrap_or(&workload.namespace);
        let id = self.files.node_id.as_ref().unwrap_or(usual);
        Ok(Node {
            id: id.clone(),
            cluster: format!("{id}.{}", workload.namespace),
            namespace: workload.namespace.clone(),
            labels: workload.labels.clone(),
        })
    }

    /// Each name once, and each port.
    fn check_names(&self) -> Result<(), RenderError> {
        let outbound = &self.traffic.outbound;
        for (index, peer) in outbound.iter().enumerate() {
            let before = outbound.iter().take(index);
            if before
                .into_iter()
                .any(|other| other.name == peer.name || other.listen == peer.listen)
            {
                return Err(RenderError::Use(format!(
                    "`--outbound` names the peer `{}` or its port twice: give each its own",
                    peer.name
                )));
            }
        }
        Ok(())
    }

    /// The engine says whether plaintext has a chance: what it lets nobody in by needs no chain.
    fn transport(&self, policies: &PolicySet) -> Result<InboundTransport, RenderError> {
        match self.traffic.transport {
            Some(TransportName::Permissive) => Ok(InboundTransport::Permissive),
            Some(TransportName::Strict) => Ok(InboundTransport::Strict),
            None if takes_plaintext(policies, self.traffic.listen.port())? => {
                Ok(InboundTransport::Permissive)
            }
            None => Ok(InboundTransport::Strict),
        }
    }

    fn svid(&self) -> Result<SvidSource, RenderError> {
        let identity = &self.identity;
        if let Some(socket) = &identity.spire_socket {
            let own = identity
                .spiffe_id
                .clone()
                .map_or(SpireSvid::Default, SpireSvid::Of);
            let bundle = if identity.federated {
                SpireBundle::All
            } else {
                SpireBundle::Own
            };
            return Ok(SvidSource::Spire(SpireSds {
                socket: FilePath::new(socket.clone())?,
                svid: own,
                trust_bundle: bundle,
            }));
        }
        let folder = identity.svid_files.clone().unwrap_or_default();
        let names = self.names();
        Ok(SvidSource::Files(SvidPaths {
            svid_sds: self.found(&names.svid)?,
            trust_bundle_sds: self.found(&names.trust_bundle)?,
            certificate: FilePath::new(folder.join("svid.pem"))?,
            private_key: FilePath::new(folder.join("svid_key.pem"))?,
            trust_bundle: match identity.federated {
                true => TrustBundle::PerTrustDomain(FilePath::new(folder.join("svid_bundles.json"))?),
                false => TrustBundle::OneForAll(FilePath::new(folder.join("svid_bundle.pem"))?),
            },
            watched_directory: FilePath::new(folder)?,
        }))
    }

    fn filter(&self, configuration: &PluginConfiguration) -> Result<FilterModule, RenderError> {
        let module = self.files.module.clone();
        let module = module.unwrap_or_else(|| self.files.at.join("spiffe_authz_filter.wasm"));
        let source = match self.files.ecds {
            true => FilterSource::Ecds {
                path: self.found(&self.names().filter)?,
            },
            false => FilterSource::Inline(configuration.without_workload()),
        };
        Ok(FilterModule {
            wasm: FilePath::new(module)?,
            source,
        })
    }

    fn documents(
        &self,
        sidecar: &Sidecar,
        configuration: &PluginConfiguration,
    ) -> Result<DocumentSet, RenderError> {
        let (format, names) = (self.files.format, self.names());
        let mut documents = DocumentSet::default();
        documents.add(names.bootstrap, format.write(&sidecar.bootstrap())?);
        for (name, document) in [names.svid, names.trust_bundle]
            .into_iter()
            .zip(sidecar.sds_documents())
        {
            documents.add(name, format.write(&document.document)?);
        }
        if self.files.ecds {
            let protocol = sidecar.inbound.protocol;
            let discovered = ecds_document(&sidecar.filter, protocol, &configuration.without_workload());
            documents.add(names.filter, format.write(&discovered)?);
        }
        Ok(documents)
    }

    fn names(&self) -> Names {
        let named = |name: &str| format!("{name}.{}", self.files.format.extension());
        Names {
            bootstrap: named("bootstrap"),
            filter: named("filter.ecds"),
            svid: named("svid.sds"),
            trust_bundle: named("trust-bundle.sds"),
        }
    }

    /// The file as Envoy finds it.
    fn found(&self, name: &str) -> Result<FilePath, RenderError> {
        Ok(FilePath::new(self.files.at.join(name))?)
    }
}

impl From<ProtocolName> for ApplicationProtocol {
    fn from(name: ProtocolName) -> Self {
        match name {
            ProtocolName::Http => Self::Http,
            ProtocolName::Http2 => Self::Http2,
            ProtocolName::Tcp => Self::Tcp,
        }
    }
}

/// Whether PeerAuthentication lets plaintext to the port: it is asked before any other policy.
fn takes_plaintext(policies: &PolicySet, port: u16) -> Result<bool, RenderError> {
    let plaintext = format!(r#"{{"protocol": "tcp", "destination": {{"port": {port}}}}}"#);
    let plaintext = RequestDocument::from_json(plaintext.as_bytes())
        .map_err(|errors| RenderError::Use(format!("port {port}: {errors}")))?;
    Ok(plaintext.with_request(|request| policies.decide(request).code() != "mtls-required"))
}

fn loopback(text: &str) -> Result<LoopbackAddress, String> {
    let address: SocketAddr = text.parse().map_err(|_| format!("`{text}` is no ADDRESS:PORT"))?;
    LoopbackAddress::try_from(address).map_err(|error| error.to_string())
}
