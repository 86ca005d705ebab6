//! What the host keeps for one VM, apart from the VM itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Memory, TypedFunc};

use crate::abi::{LogLevel, MapType};
use crate::abi_version::AbiVersion;
use crate::calls::root::{Received, RootCalls};
use crate::calls::state::Calls;
use crate::clock::Clock;
use crate::foreign::declared::Declared;
use crate::foreign::functions::ForeignFunctions;
use crate::headers::Headers;
use crate::holdings::Holdings;
use crate::limits::{HostBudget, Limits};
use crate::log::LogLine;
use crate::nonsense::Nonsense;
use crate::plugin_setup::PluginSetup;
use crate::random::Random;
use crate::shared::member::Member;
use crate::tcp::state::TcpState;
use crate::trace::event::HostcallEnd;
use crate::trace::list::Trace;
use crate::trace::recorder::Recorder;
use crate::vm::allowed::Allowed;
use crate::vm::asked::{Asked, Wish};
use crate::vm::callback::Callback;
use crate::vm::root_state::RootState;
use crate::vm::stream_state::StreamState;
use crate::vm::trap::{HostTrap, Trap, TrapCause};

/// Everything that hostcalls read and change.
pub(crate) struct State {
    pub(crate) abi: AbiVersion,
    pub(crate) limits: Limits,
    pub(crate) holdings: Holdings,
    pub(crate) budget: HostBudget,
    pub(crate) guest_memory: Option<Memory>,
    pub(crate) guest_allocate: Option<TypedFunc<u32, u32>>,
    pub(crate) vm_id: String,
    /// Every root context that is there, by its number.
    pub(crate) roots: BTreeMap<u32, Arc<RootState>>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) vm_configuration: Vec<u8>,
    /// There only while a root context is made or configured, as in Envoy.
    pub(crate) plugin_configuration: Option<Vec<u8>>,
    pub(crate) calls: Calls,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) log_level: LogLevel,
    pub(crate) log: Vec<LogLine>,
    /// What it shares with the other VMs of its process.
    pub(crate) member: Member,
    /// The functions that the test gives to the plugin.
    pub(crate) foreign: ForeignFunctions,
    /// What a foreign function calls back with, in its callback.
    pub(crate) call_data: Option<Vec<u8>>,
    pub(crate) declared: Declared,
    pub(crate) nonsense: Nonsense,
    pub(crate) streams: BTreeMap<u32, StreamState>,
    /// In the order of the hostcalls; carried out when the callback has returned, as in Envoy.
    pub(crate) asked: VecDeque<Asked>,
    /// Roots that asked for more time when they were to end, and have not called `proxy_done` yet.
    pub(crate) roots_ending: BTreeSet<u32>,
    /// A local reply was asked for in the running callback, for whichever stream: Envoy then lets nothing go on.
    pub(crate) replied: bool,
    pub(crate) running: Running,
    /// The context that the running callback is about, whichever is in effect.
    pub(crate) own_context: u32,
    pub(crate) allowed: Allowed,
    /// Of the allocator, in the running callback, which goes on; the VM is lost when it has returned, as in Envoy.
    pub(crate) allocator_trap: Option<TrapCause>,
    pub(crate) hostcalls: BTreeMap<&'static str, u64>,
    /// There where a test wants to see what happens.
    pub(crate) trace: Option<Box<Recorder>>,
}

/// Which callback runs, and for which context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) callback: Callback,
    /// The context in effect: the callback's own, until the plugin sets another.
    pub(crate) context: u32,
}

impl State {
    pub(crate) fn new(limits: Limits, setup: PluginSetup) -> Self {
        Self {
            abi: AbiVersion::V0_2_1,
            limits,
            holdings: Holdings::new(&limits),
            budget: HostBudget::new(limits.host_bytes_per_callback),
            member: setup.process.join(&setup.vm_id),
            guest_memory: None,
            guest_allocate: None,
            vm_id: setup.vm_id,
            roots: BTreeMap::new(),
            environment: setup.environment,
            vm_configuration: setup.vm_configuration,
            plugin_configuration: None,
            calls: Calls::new(setup.clusters),
            clock: setup.clock,
            random: Random::new(setup.random_seed),
            log_level: setup.log_level,
            log: Vec::new(),
            foreign: setup.foreign,
            call_data: None,
            declared: Declared::default(),
            nonsense: setup.nonsense,
            streams: BTreeMap::new(),
            asked: VecDeque::new(),
            roots_ending: BTreeSet::new(),
            replied: false,
            running: Running {
                callback: Callback::Instantiate,
                context: 0,
            },
            own_context: 0,
            allowed: Allowed::All,
            allocator_trap: None,
            hostcalls: BTreeMap::new(),
            trace: setup.trace.then(Box::default),
        }
    }

    /// What the plugin of the running callback is; `None` before the first root context.
    pub(crate) fn plugin(&self) -> Option<&RootState> {
        let of_stream = self.stream().and_then(|stream| stream.plugin.as_ref());
        let plugin = of_stream.or_else(|| self.roots.get(&self.running.context));
        plugin.map(Arc::as_ref)
    }

    /// The stream that the running callback is about; `None` in a root context.
    pub(crate) fn stream(&self) -> Option<&StreamState> {
        self.streams.get(&self.running.context)
    }

    pub(crate) fn stream_mut(&mut self) -> Option<&mut StreamState> {
        self.streams.get_mut(&self.running.context)
    }

    /// The root context that the running callback is about, or that its stream belongs to.
    pub(crate) fn root(&self) -> u32 {
        let of_stream = self.stream().and_then(|stream| stream.root);
        of_stream.unwrap_or(self.running.context)
    }

    /// The connection of the running callback; `None` in a root context and in an HTTP stream.
    pub(crate) fn tcp(&self) -> Option<&TcpState> {
        self.stream()?.tcp()
    }

    /// What the root context of the running callback has begun.
    pub(crate) fn root_calls(&self) -> Option<&RootCalls> {
        self.calls.root(self.root())
    }

    /// What that root context is being told of.
    pub(crate) fn received(&self) -> Option<&Received> {
        self.root_calls().map(|root| &root.received)
    }

    pub(crate) fn received_mut(&mut self) -> Option<&mut Received> {
        let root = self.root();
        self.calls.root_mut(root).map(|root| &mut root.received)
    }

    /// Whether there is such a context: of a root, of a stream that has not ended, or of the VM itself (0).
    pub(crate) fn has_context(&self, context: u32) -> bool {
        let stream = self.streams.get(&context);
        self.calls.root(context).is_some() || stream.is_some_and(|stream| stream.root.is_some())
    }

    /// Sets time forward to a moment after the VM was made.
    pub(crate) fn move_time(&mut self, to: Duration) {
        let passed = to.saturating_sub(self.calls.elapsed.now);
        self.clock = self.clock.moved(passed);
        self.calls.elapsed.now = to;
    }

    /// The map as the guest may read it now; `None` where there is no such map at this point.
    pub(crate) fn readable_map(&self, map: MapType) -> Option<&Headers> {
        if let Some(headers) = self.received().and_then(|received| received.map(map)) {
            return Some(headers);
        }
        let slot = self.stream()?.slot(map)?;
        let shown = if self.running.callback == Callback::Log {
            slot.seen && map != MapType::HttpRequestTrailers
        } else {
            slot.open
        };
        shown.then_some(&slot.headers)
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
            let names = self.names();
            self.log.push(LogLine {
                level,
                callback,
                context,
                names,
                message,
            });
        }
    }

    fn names(&self) -> String {
        let Some(plugin) = self.plugin() else {
            return String::new();
        };
        let name = self.stream().map_or("", |_| plugin.name.as_str());
        let mut names = vec![name, &plugin.root_id, &self.vm_id];
        names.retain(|name| !name.is_empty());
        names.join(" ")
    }

    /// Notes what the plugin asks for its effective context; outside a stream there is nothing to do.
    pub(crate) fn ask(&mut self, wish: Wish) {
        if self.stream().is_some() {
            let context = self.running.context;
            self.asked.push_back(Asked { context, wish });
        }
    }

    /// Takes the oldest thing that was asked for this stream.
    pub(crate) fn take_asked(&mut self, context: u32) -> Option<Wish> {
        let place = self.asked.iter().position(|asked| asked.context == context)?;
        self.asked.remove(place).map(|asked| asked.wish)
    }

    /// What has happened since the VM is traced; nothing where it is not.
    pub(crate) fn trace(&self) -> Trace {
        let trace = self.trace.as_ref();
        trace.map(|trace| trace.trace()).unwrap_or_default()
    }

    /// The trap of the allocator, if it was called and trapped.
    pub(crate) fn take_allocator_trap(&mut self) -> Result<(), Trap> {
        match self.allocator_trap.take() {
            Some(cause) => Err(Trap {
                callback: Callback::Allocate,
                cause,
            }),
            None => Ok(()),
        }
    }

    /// Counts a hostcall of the running callback, which begins here, and ends here if it is not allowed now.
    pub(crate) fn count(&mut self, hostcall: &'static str) -> Result<(), HostTrap> {
        let count = self.hostcalls.entry(hostcall).or_insert(0);
        *count = count.saturating_add(1);
        if let Some(trace) = &mut self.trace {
            trace.begin_hostcall(hostcall, self.running);
        }
        if self.allowed.allows(hostcall) {
            return Ok(());
        }
        self.end_hostcall(HostcallEnd::None);
        Err(HostTrap(TrapCause::NotAllowed { hostcall }))
    }

    /// Says how a hostcall that noted nothing ended, where somebody wants to know.
    pub(crate) fn end_hostcall(&mut self, end: HostcallEnd) {
        if let Some(trace) = &mut self.trace {
            trace.end_hostcall(trace.notes(), end);
        }
    }
}
