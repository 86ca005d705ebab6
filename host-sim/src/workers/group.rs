//! A plugin on all threads of an Envoy.

use std::fmt;
use std::time::Duration;

use crate::calls::error::EventError;
use crate::clock::Clock;
use crate::envoy::properties::Properties;
use crate::log::LogLine;
use crate::module::Module;
use crate::plugin::{Plugin, PluginError, PluginFailure};
use crate::plugin_setup::PluginSetup;
use crate::trace::list::Trace;
use crate::vm::trap::Trap;
use crate::workers::count::WorkerCount;
use crate::workers::policy::FailurePolicy;
use crate::workers::reload::Backoff;
use crate::workers::seat::{Found, Loading, Seat};
use crate::workers::stream::WorkerStream;
use crate::workers::tcp_stream::WorkerTcpStream;
use crate::workers::vm_key::VmKey;

/// The workers' number of the main thread's seat, in front of theirs.
const MAIN: usize = 0;

/// A plugin as Envoy runs it: tried in a VM of its own first, then on the main thread and on each worker in a VM for that
/// thread.
///
/// Workers are numbered from 0, and beyond the last around again. They share nothing but what a whole process shares. Nothing
/// runs at the same time: each event is on one worker.
pub struct Workers {
    vms: VmKey,
    setup: PluginSetup,
    count: WorkerCount,
    policy: FailurePolicy,
    backoff: Backoff,
    reloads: Reloads,
    seats: Vec<Seat>,
    trial: Vec<LogLine>,
    next: usize,
}

/// Envoy's counters `wasm.NAME.vm_reload_*`, over all workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reloads {
    /// Streams that came too early for a new VM.
    pub vm_reload_backoff: u64,
    /// VMs that replaced one that had failed.
    pub vm_reload_success: u64,
    /// VMs that did not start, or did not take the configuration.
    pub vm_reload_failure: u64,
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers")
            .field("count", &self.count)
            .field("policy", &self.policy)
            .field("reloads", &self.reloads)
            .finish_non_exhaustive()
    }
}

impl Workers {
    /// Tries the configuration, and then starts a VM with it on the main thread and on each worker. A thread where that fails or
    /// is refused has the filter left out.
    ///
    /// # Errors
    /// [`PluginError`] when the VM that tries it fails or refuses: Envoy takes no such listener.
    pub fn start(
        module: &Module,
        setup: PluginSetup,
        count: WorkerCount,
        policy: FailurePolicy,
    ) -> Result<Self, PluginError> {
        let vms = VmKey::new(module.clone(), &setup);
        Self::load(vms, setup, count, policy)
    }

    /// Starts another plugin of the same module in the VMs of this one, thread by thread: see [`Plugin::join`]. Of a plugin that
    /// differs in nothing, the root contexts are shared too.
    ///
    /// # Errors
    /// As [`start`](Self::start); and when the plugin asks for another VM.
    pub fn join(&self, setup: PluginSetup, policy: FailurePolicy) -> Result<Self, PluginError> {
        let own = (&self.setup.vm_id, &self.setup.vm_configuration);
        if (&setup.vm_id, &setup.vm_configuration) != own {
            let (failure, log) = (PluginFailure::AnotherVm, Vec::new());
            return Err(PluginError {
                failure,
                log,
                trace: Trace::default(),
            });
        }
        Self::load(self.vms.clone(), setup, self.count, policy)
    }

    fn load(
        vms: VmKey,
        setup: PluginSetup,
        count: WorkerCount,
        policy: FailurePolicy,
    ) -> Result<Self, PluginError> {
        let trial = vms.lock().attempt(&setup)?;
        let seats = seats(&vms, &setup, count);
        Ok(Self {
            vms,
            backoff: Backoff::new(setup.random_seed),
            setup,
            count,
            policy,
            reloads: Reloads::default(),
            seats,
            trial,
            next: 0,
        })
    }

    /// Gives the plugin another configuration on all threads: tried first, then in the VM of each thread, or in a new one where
    /// that has failed. Streams that are there keep what they have.
    ///
    /// # Errors
    /// [`PluginError`] when it is refused or fails where it is tried: everything stays as it is, on all threads. A configuration
    /// that was refused before is refused again without being tried; and where a thread could not take one before, these VMs take
    /// no other any more ([`PluginFailure::FailedOnThread`]).
    pub fn reconfigure(&mut self, configuration: impl Into<Vec<u8>>) -> Result<(), PluginError> {
        let clock = self.seats.iter().find_map(Seat::clock);
        let setup = PluginSetup {
            plugin_configuration: configuration.into(),
            clock: clock.unwrap_or(self.setup.clock),
            ..self.setup.clone()
        };
        self.trial = self.vms.lock().attempt(&setup)?;
        self.seats = seats(&self.vms, &setup, self.count);
        self.setup = setup;
        Ok(())
    }

    /// Puts another plugin in the place of this one, in new VMs, as an update with another `vm_id` or other code does. Streams that
    /// are there keep their VM.
    ///
    /// # Errors
    /// As [`start`](Self::start): everything stays as it is.
    pub fn replace(&mut self, module: &Module, setup: PluginSetup) -> Result<(), PluginError> {
        let reloads = self.reloads;
        *self = Self::start(module, setup, self.count, self.policy)?;
        self.reloads = reloads;
        Ok(())
    }

    /// How many workers there are, the main thread apart.
    #[must_use]
    pub const fn count(&self) -> WorkerCount {
        self.count
    }

    /// The plugin on a worker; `None` where the filter is left out of its chain.
    pub fn worker(&mut self, worker: usize) -> Option<&mut Plugin> {
        let thread = self.thread(worker);
        self.seats.get_mut(thread)?.plugin_mut()
    }

    /// The plugin on the main thread, which serves no streams; `None` where it did not start.
    pub fn main(&mut self) -> Option<&mut Plugin> {
        self.seats.get_mut(MAIN)?.plugin_mut()
    }

    /// Why the filter is left out of a worker's chain.
    #[must_use]
    pub fn left_out(&self, worker: usize) -> Option<&PluginError> {
        self.seats.get(self.thread(worker))?.left_out()
    }

    /// What was logged where the configuration was tried last; nothing where it was not tried again.
    #[must_use]
    pub fn trial_log(&self) -> &[LogLine] {
        &self.trial
    }

    /// Begins an HTTP stream on a worker.
    pub fn http_stream(&mut self, worker: usize, properties: Properties) -> WorkerStream {
        let policy = self.policy;
        match self.find(worker) {
            Found::Plugin(plugin) => WorkerStream::through(plugin.http_stream(properties), policy),
            Found::FailedVm => WorkerStream::failed(),
            Found::Nothing => WorkerStream::bypassed(),
        }
    }

    /// Begins an HTTP stream on the next worker in turn.
    pub fn next_http_stream(&mut self, properties: Properties) -> WorkerStream {
        let worker = self.turn();
        self.http_stream(worker, properties)
    }

    /// Begins a TCP stream on a worker.
    pub fn tcp_stream(&mut self, worker: usize, properties: Properties) -> WorkerTcpStream {
        let policy = self.policy;
        match self.find(worker) {
            Found::Plugin(plugin) => WorkerTcpStream::through(plugin.tcp_stream(properties), policy),
            Found::FailedVm => WorkerTcpStream::failed(),
            Found::Nothing => WorkerTcpStream::bypassed(),
        }
    }

    /// Begins a TCP stream on the next worker in turn.
    pub fn next_tcp_stream(&mut self, properties: Properties) -> WorkerTcpStream {
        let worker = self.turn();
        self.tcp_stream(worker, properties)
    }

    /// The counters of [`FailurePolicy::FailReload`].
    #[must_use]
    pub const fn reloads(&self) -> Reloads {
        self.reloads
    }

    /// Sets `reload_config.backoff.base_interval`, which is one second otherwise.
    pub const fn set_reload_interval(&mut self, base: Duration) {
        self.backoff.set_base(base);
    }

    /// Moves time on in all VMs: see [`Plugin::advance`]. In one that has failed nothing happens meanwhile. Plugins that share
    /// VMs share their time: it is moved by one of them.
    ///
    /// # Errors
    /// The first [`EventError`] of a VM; time has moved in the others all the same.
    pub fn advance(&mut self, time: Duration) -> Result<(), EventError> {
        self.setup.clock = self.setup.clock.moved(time);
        let advanced = self.seats.iter_mut().map(|seat| seat.advance(time));
        advanced.fold(Ok(()), Result::and)
    }

    /// Tells the root contexts of all VMs of what came into their queues: see [`Plugin::deliver_queues`]. The answer is how many
    /// callbacks ran.
    ///
    /// # Errors
    /// The first [`Trap`] by which a VM is lost; the others are told all the same.
    pub fn deliver_queues(&mut self) -> Result<usize, Trap> {
        let plugins = self.seats.iter_mut().filter_map(Seat::plugin_mut);
        let told: Vec<_> = plugins.map(Plugin::deliver_queues).collect();
        told.into_iter().sum()
    }

    /// Sets the clock of all VMs. Whether it is time for a new VM goes by the clock of the one that has failed.
    pub fn set_clock(&mut self, clock: Clock) {
        self.setup.clock = clock;
        let plugins = self.seats.iter_mut().filter_map(Seat::plugin_mut);
        plugins.for_each(|plugin| plugin.set_clock(clock));
    }

    fn find(&mut self, worker: usize) -> Found<'_> {
        let thread = self.thread(worker);
        let loading = Loading {
            vms: &self.vms,
            setup: &self.setup,
            policy: self.policy,
            backoff: &mut self.backoff,
            reloads: &mut self.reloads,
        };
        let seat = self.seats.get_mut(thread);
        seat.map_or(Found::Nothing, |seat| seat.find(loading))
    }

    fn turn(&mut self) -> usize {
        let worker = self.next;
        self.next = self.next.wrapping_add(1);
        worker
    }

    fn thread(&self, worker: usize) -> usize {
        let worker = worker.checked_rem(self.count.get()).unwrap_or(0);
        worker.saturating_add(1)
    }
}

/// The main thread's first, as in Envoy, which loads it while the workers are still to come.
fn seats(vms: &VmKey, setup: &PluginSetup, count: WorkerCount) -> Vec<Seat> {
    (MAIN..=count.get())
        .map(|thread| Seat::load(thread, vms, setup))
        .collect()
}
