//! What the host keeps for one stream, whoever drives it: its handle, or an event that reaches it by its number.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::abi::MapType;
use crate::envoy::properties::Properties;
use crate::headers::Headers;
use crate::http::state::HttpState;
use crate::tcp::state::TcpState;
use crate::vm::root_state::RootState;
use crate::vm::run::CallbackRun;

/// One stream.
#[derive(Debug)]
pub(crate) struct StreamState {
    /// The root context that it belongs to, until it lets go of it.
    pub(crate) root: Option<u32>,
    /// What the plugin of that root is.
    pub(crate) plugin: Option<Arc<RootState>>,
    /// Every callback that ran for it, in order.
    pub(crate) runs: Vec<CallbackRun>,
    pub(crate) properties: Properties,
    /// When it began: nanoseconds after the Unix epoch.
    pub(crate) began: u64,
    /// By Envoy's key: `wasm.` and the path that the plugin set.
    pub(crate) filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How often the plugin asked for another route.
    pub(crate) route_cache_clears: u64,
    pub(crate) kind: StreamKind,
}

/// What differs by the filter that the stream goes through.
#[derive(Debug)]
pub(crate) enum StreamKind {
    Http(Box<HttpState>),
    Tcp(TcpState),
}

impl StreamState {
    pub(crate) const fn new(kind: StreamKind, properties: Properties) -> Self {
        Self {
            root: None,
            plugin: None,
            runs: Vec::new(),
            properties,
            began: 0,
            filter_state: BTreeMap::new(),
            route_cache_clears: 0,
            kind,
        }
    }

    pub(crate) const fn http(&self) -> Option<&HttpState> {
        match &self.kind {
            StreamKind::Http(http) => Some(http),
            StreamKind::Tcp(_) => None,
        }
    }

    pub(crate) const fn http_mut(&mut self) -> Option<&mut HttpState> {
        match &mut self.kind {
            StreamKind::Http(http) => Some(http),
            StreamKind::Tcp(_) => None,
        }
    }

    pub(crate) const fn tcp(&self) -> Option<&TcpState> {
        match &self.kind {
            StreamKind::Tcp(tcp) => Some(tcp),
            StreamKind::Http(_) => None,
        }
    }

    pub(crate) const fn tcp_mut(&mut self) -> Option<&mut TcpState> {
        match &mut self.kind {
            StreamKind::Tcp(tcp) => Some(tcp),
            StreamKind::Http(_) => None,
        }
    }
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
    /// The map of this type, of a stream that has one.
    pub(crate) const fn slot(&self, map: MapType) -> Option<&MapSlot> {
        match self.http() {
            Some(http) => http.slot(map),
            None => None,
        }
    }

    pub(crate) fn slot_mut(&mut self, map: MapType) -> Option<&mut MapSlot> {
        match self.http_mut() {
            Some(http) => http.slot_mut(map),
            None => None,
        }
    }
}
