//! What the host keeps for one VM, apart from the VM itself.

use std::collections::BTreeMap;

use wasmtime::{Memory, StoreLimits, TypedFunc};

use crate::abi::{LogLevel, MapType};
use crate::callback::Callback;
use crate::clock::Clock;
use crate::headers::Headers;
use crate::limits::{HostBudget, Limits};
use crate::local_reply::LocalReply;
use crate::log::LogLine;
use crate::metrics::Metrics;
use crate::nonsense::Nonsense;
use crate::plugin_setup::PluginSetup;
use crate::properties::Properties;
use crate::random::Random;
use crate::tcp_state::TcpState;

/// Everything that hostcalls read and change.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) store_limits: StoreLimits,
    pub(crate) budget: HostBudget,
    pub(crate) guest_memory: Option<Memory>,
    pub(crate) guest_allocate: Option<TypedFunc<u32, u32>>,
    pub(crate) identity: Identity,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) vm_configuration: Vec<u8>,
    /// There only while a root context is made or configured, as in Envoy.
    pub(crate) plugin_configuration: Option<Vec<u8>>,
    pub(crate) properties: Properties,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) log_level: LogLevel,
    pub(crate) log: Vec<LogLine>,
    pub(crate) metrics: Metrics,
    pub(crate) nonsense: Nonsense,
    pub(crate) streams: BTreeMap<u32, StreamState>,
    pub(crate) running: Running,
    pub(crate) hostcalls: BTreeMap<&'static str, u64>,
}

/// The names that a plugin can ask for as properties.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) root_id: String,
    pub(crate) vm_id: String,
}

/// Which callback runs, and for which context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) callback: Callback,
    pub(crate) context: u32,
}

impl State {
    pub(crate) fn new(limits: Limits, setup: PluginSetup) -> Self {
        Self {
            limits,
            store_limits: limits.of_store(),
            budget: HostBudget::new(limits.host_bytes_per_callback),
            guest_memory: None,
            guest_allocate: None,
            identity: Identity {
                name: setup.name,
                root_id: setup.root_id,
                vm_id: setup.vm_id,
            },
            environment: setup.environment,
            vm_configuration: setup.vm_configuration,
            plugin_configuration: None,
            properties: setup.properties,
            clock: setup.clock,
            random: Random::new(setup.random_seed),
            log_level: setup.log_level,
            log: Vec::new(),
            metrics: Metrics::default(),
            nonsense: setup.nonsense,
            streams: BTreeMap::new(),
            running: Running {
                callback: Callback::Instantiate,
                context: 0,
            },
            hostcalls: BTreeMap::new(),
        }
    }

    /// The stream that the running callback is about; `None` in a root context.
    pub(crate) fn stream(&self) -> Option<&StreamState> {
        self.streams.get(&self.running.context)
    }

    pub(crate) fn stream_mut(&mut self) -> Option<&mut StreamState> {
        self.streams.get_mut(&self.running.context)
    }

    /// The connection of the running callback; `None` in a root context and in an HTTP stream.
    pub(crate) fn tcp(&self) -> Option<&TcpState> {
        self.stream()?.tcp.as_ref()
    }

    pub(crate) fn tcp_mut(&mut self) -> Option<&mut TcpState> {
        self.stream_mut()?.tcp.as_mut()
    }

    /// The map as the guest may read it now; `None` where there is no such map at this point.
    pub(crate) fn readable_map(&self, map: MapType) -> Option<&Headers> {
        let slot = self.stream()?.slot(map)?;
        let logged = self.running.callback == Callback::Log && slot.seen;
        (slot.open || logged).then_some(&slot.headers)
    }

    /// The map as the guest may change it now.
    pub(crate) fn writable_map(&mut self, map: MapType) -> Option<&mut Headers> {
        let slot = self.stream_mut()?.slot_mut(map)?;
        slot.open.then_some(&mut slot.headers)
    }

    /// Keeps a line, unless it is below the level that is logged.
    pub(crate) fn log(&mut self, level: LogLevel, message: Vec<u8>) {
        if level >= self.log_level {
            let Running { callback, context } = self.running;
            self.log.push(LogLine {
                level,
                callback,
                context,
                message,
            });
        }
    }

    /// Counts a hostcall of the running callback.
    pub(crate) fn count(&mut self, hostcall: &'static str) {
        let count = self.hostcalls.entry(hostcall).or_insert(0);
        *count = count.saturating_add(1);
    }
}

/// What the host keeps for one stream.
#[derive(Debug, Default)]
pub(crate) struct StreamState {
    pub(crate) request_headers: MapSlot,
    pub(crate) response_headers: MapSlot,
    pub(crate) properties: Properties,
    /// By Envoy's key: `wasm.` and the path that the plugin set.
    pub(crate) filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) local_reply: Option<LocalReply>,
    /// There where this is a TCP stream.
    pub(crate) tcp: Option<TcpState>,
}

/// A header map and whether the guest has it before it.
#[derive(Debug, Default)]
pub(crate) struct MapSlot {
    pub(crate) headers: Headers,
    /// In its callback, and while the stream is paused there.
    pub(crate) open: bool,
    /// It was there once: the access log shows it again.
    pub(crate) seen: bool,
}

impl MapSlot {
    pub(crate) const fn arrived(headers: Headers) -> Self {
        Self {
            headers,
            open: true,
            seen: true,
        }
    }
}

impl StreamState {
    pub(crate) const fn slot(&self, map: MapType) -> Option<&MapSlot> {
        match map {
            MapType::HttpRequestHeaders => Some(&self.request_headers),
            MapType::HttpResponseHeaders => Some(&self.response_headers),
            MapType::HttpRequestTrailers
            | MapType::HttpResponseTrailers
            | MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => None,
        }
    }

    pub(crate) const fn slot_mut(&mut self, map: MapType) -> Option<&mut MapSlot> {
        match map {
            MapType::HttpRequestHeaders => Some(&mut self.request_headers),
            MapType::HttpResponseHeaders => Some(&mut self.response_headers),
            MapType::HttpRequestTrailers
            | MapType::HttpResponseTrailers
            | MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => None,
        }
    }
}
