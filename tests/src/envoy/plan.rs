//! [`Plan`]: which listener each configuration gets, and which cases go there.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::{Value, json};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{
    FilePath, FilterModule, FilterSource, LoopbackAddress, admin, cluster, stats,
};

use crate::corpus::{Case, CorpusFile, Expected};
use crate::engines::envoy::cannot_run;
use crate::envoy::conformance_listener::{APPLICATION, ConformanceListener};
use crate::envoy::identities::Identities;
use crate::envoy::refusals::Refusals;
use crate::envoy::tripwire::Tripwire;
use crate::scratch::Scratch;
use crate::workspace;

/// One Envoy for the whole corpus, on paper.
pub(crate) struct Plan {
    /// Its admin interface.
    pub(crate) admin: LoopbackAddress,
    /// The cases that HTTP/1.1 can carry.
    pub(crate) jobs: VecDeque<Job>,
    /// The listener for the configurations that must be refused.
    pub(crate) refusals: Refusals,
    listeners: Vec<PlannedListener>,
    access_log: FilePath,
}

struct PlannedListener {
    name: String,
    listen: SocketAddr,
    filter: FilterModule,
}

/// One case and where it goes.
pub(crate) struct Job {
    /// The corpus file.
    pub(crate) file: String,
    /// The listener with its configuration.
    pub(crate) listen: SocketAddr,
    /// The case.
    pub(crate) case: Case,
}

impl Plan {
    /// Picks the ports and writes the files that Envoy needs besides its bootstrap.
    pub(crate) fn new(corpus: &[CorpusFile], scratch: &Scratch) -> Result<Self, String> {
        let wasm = FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?;
        let addresses = free_loopback_addresses(corpus.len() + 2).map_err(|error| error.to_string())?;
        let mut addresses = addresses.into_iter();
        let mut next = || addresses.next().ok_or("too few ports were picked");
        let admin = LoopbackAddress::try_from(next()?).map_err(|error| error.to_string())?;
        let refusals = Refusals::new(next()?, &wasm, scratch)?;
        let access_log = scratch.file("access.jsonl")?;
        let mut plan = Self {
            admin,
            jobs: VecDeque::new(),
            refusals,
            listeners: Vec::new(),
            access_log,
        };
        for file in corpus {
            if let Expected::Decides(cases) = &file.expected {
                plan.add(file, cases, &wasm, next()?)?;
            }
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        file: &CorpusFile,
        cases: &[Case],
        wasm: &FilePath,
        listen: SocketAddr,
    ) -> Result<(), String> {
        let configuration: Value = serde_json::from_str(&file.configuration.json)
            .map_err(|error| format!("{}: {error}", file.name))?;
        let filter = FilterModule {
            wasm: wasm.clone(),
            source: FilterSource::Inline(configuration),
        };
        self.listeners.push(PlannedListener {
            name: file.name.clone(),
            listen,
            filter,
        });
        let runnable = cases.iter().filter(|case| cannot_run(case).is_none());
        self.jobs.extend(runnable.map(|case| Job {
            file: file.name.clone(),
            listen,
            case: case.clone(),
        }));
        Ok(())
    }

    /// The bootstrap of this Envoy.
    pub(crate) fn bootstrap(&self, identities: &Identities, tripwire: &Tripwire) -> Result<Value, String> {
        let refusals = PlannedListener {
            name: "refusals".to_owned(),
            listen: self.refusals.listen(),
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
                "clusters": [cluster::plaintext(APPLICATION, tripwire.address())],
            },
        }))
    }

    fn listener(&self, planned: &PlannedListener, identities: &Identities) -> Value {
        let PlannedListener { name, listen, filter } = planned;
        let svid = identities.paths();
        ConformanceListener {
            name,
            listen: *listen,
            svid,
            filter,
            access_log: &self.access_log,
        }
        .render()
    }
}
