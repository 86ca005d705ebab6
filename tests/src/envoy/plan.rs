//! [`Plan`]: which listeners each configuration gets, and which cases go there.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::DnsName;
use serde_json::{Value, json};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{
    FilePath, FilterModule, FilterSource, LoopbackAddress, admin, cluster, stats,
};
use spiffe_authz_pki::AuthorityKeyId;
use spiffe_authz_policy::{LeafCertificate, PolicySet, Protocol};

use crate::corpus::{Case, CorpusFile, Expected, PluginConfiguration};
use crate::described_certificate::serial_number;
use crate::engines::addresses::Addresses;
use crate::engines::envoy::cannot_run;
use crate::engines::mentions::{Attribute, mentions};
use crate::envoy::client::Opening;
use crate::envoy::conformance_listener::{APPLICATION, ConformanceListener, Door, ECHO};
use crate::envoy::identities::{ClientNames, Identities};
use crate::envoy::metadata_headers::MetadataHeaders;
use crate::envoy::proxy_header::ProxyHeader;
use crate::envoy::refusals::Refusals;
use crate::scratch::Scratch;
use crate::workspace;

/// One Envoy for the whole corpus, on paper.
pub(crate) struct Plan {
    /// Its admin interface.
    pub(crate) admin: LoopbackAddress,
    /// The cases that a connection can carry.
    pub(crate) jobs: VecDeque<Job>,
    /// The listener for the configurations that must be refused.
    pub(crate) refusals: Refusals,
    /// What is logged about connections.
    pub(crate) connection_log: FilePath,
    listeners: Vec<PlannedListener>,
    access_log: FilePath,
}

struct PlannedListener {
    name: String,
    listen: SocketAddr,
    door: Door,
    filter: FilterModule,
}

/// One case and where it goes.
pub(crate) struct Job {
    /// The configuration of the corpus file.
    pub(crate) configuration: PluginConfiguration,
    /// The listener with this configuration.
    pub(crate) listen: SocketAddr,
    /// What the listener takes.
    pub(crate) door: Door,
    /// The case.
    pub(crate) case: Case,
}

impl Job {
    /// What the application is told, so that it recognises the case.
    pub(crate) fn id(&self) -> String {
        case_id(&self.configuration.file, &self.case.name)
    }

    /// How the connection of the case begins.
    pub(crate) fn opening(&self, addresses: Addresses, identities: &Identities) -> Result<Opening, String> {
        let request = &self.case.request;
        let client = |leaf| identities.client_named(&self.client_names(leaf)?);
        let from = match request.source_ip() {
            Some(IpAddr::V4(ip)) if ip.is_loopback() => Some(ip),
            Some(_) | None => None,
        };
        let server_name = request.sni().filter(|name| !name.is_empty());
        let server_name = server_name.map(|name| DnsName::try_from(name.to_owned()));
        Ok(Opening {
            from,
            proxy: Some(ProxyHeader::new(addresses.source, addresses.destination)?),
            tls: request.leaf().map(client).transpose()?,
            server_name: server_name.transpose().map_err(|error| error.to_string())?,
        })
    }

    fn client_names(&self, leaf: &LeafCertificate) -> Result<ClientNames, String> {
        let text = |uri_san: &Vec<u8>| String::from_utf8(uri_san.clone()).map_err(|error| error.to_string());
        let authority_key_id = match mentions(&self.configuration, Attribute::IssuerKeyId) {
            true => AuthorityKeyId::LeftOut,
            false => AuthorityKeyId::Issuers,
        };
        Ok(ClientNames {
            uri_sans: leaf.facts().uri_sans.iter().map(text).collect::<Result<_, _>>()?,
            dns_sans: leaf.facts().dns_sans.clone(),
            authority_key_id,
            serial_number: serial_number(leaf.facts().serial.as_deref()),
        })
    }
}

/// By which the application recognises a case.
pub(crate) fn case_id(file: &str, case: &str) -> String {
    format!("{file}::{case}").escape_debug().to_string()
}

impl Plan {
    /// Plans listeners on free ports, with their files in `scratch`.
    pub(crate) fn new(corpus: &[CorpusFile], scratch: &Scratch) -> Result<Self, String> {
        let wasm = FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?;
        let addresses = free_loopback_addresses(2 * corpus.len() + 2).map_err(|error| error.to_string())?;
        let mut addresses = addresses.into_iter();
        let mut next = || addresses.next().ok_or("too few ports were picked".to_owned());
        let admin = LoopbackAddress::try_from(next()?).map_err(|error| error.to_string())?;
        let refusals = Refusals::new(next()?, &wasm, scratch)?;
        let mut plan = Self {
            admin,
            jobs: VecDeque::new(),
            refusals,
            listeners: Vec::new(),
            access_log: scratch.file("access.jsonl")?,
            connection_log: scratch.file("connections.jsonl")?,
        };
        for file in corpus {
            if let Expected::Decides(cases) = &file.expected {
                plan.add(file, cases, &wasm, &mut next)?;
            }
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        file: &CorpusFile,
        cases: &[Case],
        wasm: &FilePath,
        mut next: impl FnMut() -> Result<SocketAddr, String>,
    ) -> Result<(), String> {
        // A configuration that the filter refuses would keep the whole Envoy from starting.
        if PolicySet::from_plugin_configuration(file.configuration.json.as_bytes(), None).is_err() {
            return Ok(());
        }
        let configuration: Value = serde_json::from_str(&file.configuration.json)
            .map_err(|error| format!("{}: {error}", file.name))?;
        let filter = FilterModule {
            wasm: wasm.clone(),
            source: FilterSource::Inline(configuration),
        };
        let runnable = cases
            .iter()
            .filter(|case| cannot_run(&file.configuration, case).is_none());
        let (http, tcp): (Vec<Case>, Vec<Case>) = runnable
            .cloned()
            .partition(|case| case.request.protocol() == Protocol::Http);
        let door = Door::Http(MetadataHeaders::of(&http));
        for (name, door, cases) in [
            (file.name.clone(), door, http),
            (format!("{}-tcp", file.name), Door::Tcp, tcp),
        ] {
            if !cases.is_empty() {
                let listen = next()?;
                self.jobs
                    .extend(cases.into_iter().map(|case| job(file, listen, &door, case)));
                self.listeners.push(PlannedListener {
                    name,
                    listen,
                    door,
                    filter: filter.clone(),
                });
            }
        }
        Ok(())
    }

    /// The bootstrap of this Envoy, with both applications behind it.
    pub(crate) fn bootstrap(
        &self,
        identities: &Identities,
        application: SocketAddr,
        echo: SocketAddr,
    ) -> Result<Value, String> {
        let refusals = PlannedListener {
            name: "refusals".to_owned(),
            listen: self.refusals.listen(),
            door: Door::Http(MetadataHeaders::default()),
            filter: self.refusals.filter().clone(),
        };
        let planned = self.listeners.iter().chain([&refusals]);
        let listeners: Vec<Value> = planned
            .map(|planned| self.listener(planned, identities))
            .collect();
        Ok(json!({
            "node": {"id": "conformance", "cluster": "conformance"},
            "admin": admin::admin(self.admin),
            "stats_config": stats::stats_config(),
            "static_resources": {
                "listeners": listeners,
                "clusters": [cluster::plaintext(APPLICATION, application), cluster::plaintext(ECHO, echo)],
            },
        }))
    }

    fn listener(&self, planned: &PlannedListener, identities: &Identities) -> Value {
        let PlannedListener {
            name,
            listen,
            door,
            filter,
        } = planned;
        ConformanceListener {
            name,
            listen: *listen,
            door,
            svid: identities.paths(),
            filter,
            access_log: match door {
                Door::Http(_) => &self.access_log,
                Door::Tcp => &self.connection_log,
            },
        }
        .render()
    }
}

fn job(file: &CorpusFile, listen: SocketAddr, door: &Door, case: Case) -> Job {
    Job {
        configuration: file.configuration.clone(),
        listen,
        door: door.clone(),
        case,
    }
}
