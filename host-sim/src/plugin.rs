//! A plugin: a VM, of its own or shared with others, its root contexts, and what they left behind.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use thiserror::Error;

use crate::clock::Clock;
use crate::envoy::properties::Properties;
use crate::events;
use crate::foreign;
use crate::http::stream::Stream;
use crate::log::LogLine;
use crate::module::Module;
use crate::nonsense::{Nonsense, Told};
use crate::plugin_setup::PluginSetup;
use crate::shared::metrics::Metrics;
use crate::shared::process::Process;
use crate::shared::queue_ready;
use crate::tcp::stream::TcpStream;
use crate::trace::costs::Costs;
use crate::trace::list::Trace;
use crate::vm::callback::Callback;
use crate::vm::root_state::RootState;
use crate::vm::roots::{self, PluginId};
use crate::vm::run::{self, CallbackRun};
use crate::vm::stream_handle::PluginRef;
use crate::vm::trap::Trap;
use crate::vm::{SharedVm, Vm, WeakVm};

/// A started and configured plugin. One that is dropped leaves its streams alive; its root context goes with the last of
/// them.
pub struct Plugin {
    pub(crate) vm: SharedVm,
    pub(crate) id: PluginId,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}

/// Why a plugin did not start, or did not take a configuration; with everything that it logged on the way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{failure}{}", shown(.log, .trace))]
pub struct PluginError {
    /// What went wrong.
    pub failure: PluginFailure,
    /// The lines logged by this attempt.
    pub log: Vec<LogLine>,
    /// What has happened in the VM until then; empty unless it is traced.
    pub trace: Trace,
}

/// What went wrong while a plugin started or was configured.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PluginFailure {
    /// There is no instance, or a callback trapped; the VM is lost.
    #[error(transparent)]
    Trapped(#[from] Trap),
    /// `proxy_on_vm_start` returned false.
    #[error("the plugin refused to start: `proxy_on_vm_start` returned false")]
    VmStartRefused,
    /// `proxy_on_configure` returned false.
    #[error("the plugin refused its configuration: `proxy_on_configure` returned false")]
    ConfigurationRefused,
    /// The VM was lost before, by this trap.
    #[error("the VM failed before: {0}")]
    Failed(Trap),
    /// The plugin cannot share the VM: `vm_id` or the VM configuration is not the VM's, and Envoy would start another one.
    #[error("the VM is another one: plugins share it by `vm_id` and VM configuration")]
    AnotherVm,
    /// A thread could not start or configure a plugin of these VMs before, after which Envoy refuses every update of them.
    #[error("an update of these VMs is refused: a thread could not take a plugin before")]
    FailedOnThread,
}

impl Plugin {
    /// Brings a VM up, and starts and configures its first root context.
    ///
    /// # Errors
    /// [`PluginError`] when the plugin traps, or refuses to start, or refuses its configuration.
    pub fn start(module: &Module, mut setup: PluginSetup) -> Result<Self, PluginError> {
        let plugin = RootState::take(&mut setup);
        let mut vm = Vm::instantiate(module, setup).map_err(|(trap, state)| PluginError {
            failure: trap.into(),
            trace: state.trace(),
            log: state.log,
        })?;
        let id = vm.roots.new_plugin();
        attempt(&mut vm, |vm| {
            initialize(vm)?;
            put_in_use(vm, id, plugin)
        })?;
        let vm = SharedVm::new(vm);
        Ok(Self { vm, id })
    }

    /// Starts and configures another plugin of the same module in the VM of this one, as Envoy does where `vm_id`, code and
    /// VM configuration are the same. It has a root context, a configuration and properties of its own; everything else, such
    /// as the clock, the environment, the log and the first trap, is the VM's, whatever its setup says. A plugin that is in
    /// nothing different from one that is there shares its root context too, and is not started or configured again.
    ///
    /// # Errors
    /// [`PluginError`] when the plugin traps, which fails the VM for all; or refuses to start, or refuses its configuration; or
    /// asks for another VM.
    pub fn join(&self, setup: PluginSetup) -> Result<Self, PluginError> {
        Self::join_vm(self.vm.clone(), setup)
    }

    /// Gives the plugin another configuration: a new root context in the same VM, which new streams belong to.
    /// Streams that are there keep the old one, which goes with the last of them. The configuration that is in use already,
    /// by the plugin or by an old stream of it, is not given again.
    ///
    /// # Errors
    /// [`PluginError`] when the plugin traps or refuses; unless it trapped, the old configuration stays in use.
    pub fn reconfigure(&mut self, configuration: impl Into<Vec<u8>>) -> Result<(), PluginError> {
        let mut vm = self.vm.lock();
        let id = self.id;
        let configuration = configuration.into();
        attempt(&mut vm, |vm| {
            let in_use = vm.roots.of(id).and_then(|root| vm.state().roots.get(&root));
            let plugin = in_use.map(|plugin| RootState {
                configuration,
                ..plugin.as_ref().clone()
            });
            put_in_use(vm, id, plugin.unwrap_or_default())
        })
    }

    /// Begins an HTTP stream with these properties; nothing is called before its first headers.
    pub fn http_stream(&mut self, properties: Properties) -> Stream {
        Stream::begin(self.reference(), properties)
    }

    /// Begins a TCP stream with these properties; nothing is called before its new connection.
    pub fn tcp_stream(&mut self, properties: Properties) -> TcpStream {
        TcpStream::begin(self.reference(), properties)
    }

    /// Sets the plugin's clock.
    pub fn set_clock(&mut self, clock: Clock) {
        self.vm.lock().state_mut().clock = clock;
    }

    /// Sets what hostcalls are answered in the place of the truth from now on; [`Plugin::told`] begins anew.
    pub fn set_nonsense(&mut self, nonsense: Nonsense) {
        self.vm.lock().state_mut().nonsense = nonsense;
    }

    /// The hostcalls that were not answered with the truth, in order.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.vm.lock().state().nonsense.told().to_vec()
    }

    /// Everything logged in the VM so far, by root contexts and streams.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.vm.lock().state().log.clone()
    }

    /// Everything logged since the start or the last call of this; it is not kept any longer.
    pub fn take_logs(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.vm.lock().state_mut().log)
    }

    /// The metrics of all VMs of the plugin's process as they are now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.process().metrics()
    }

    /// Calls `proxy_on_foreign_function` in the root context in use: the number of a function, and arguments that the plugin reads
    /// as buffer [`BufferType::CallData`](crate::BufferType::CallData).
    ///
    /// # Errors
    /// The trap by which the VM is lost.
    pub fn call_foreign(&mut self, function: u32, arguments: impl Into<Vec<u8>>) -> Result<(), Trap> {
        let mut vm = self.vm.lock();
        match vm.roots.of(self.id) {
            Some(root) => foreign::callback::call(&mut vm, root, function, arguments.into()),
            None => Ok(()),
        }
    }

    /// The process that the plugin's VM is in.
    #[must_use]
    pub fn process(&self) -> Process {
        self.vm.lock().state().member.process().clone()
    }

    /// Calls `proxy_on_queue_ready` once for every entry that came into a queue of the VM's root contexts since the last time,
    /// oldest first; the answer is how many callbacks ran. Entries that come in meanwhile wait for the next time.
    ///
    /// # Errors
    /// The trap by which the VM is lost.
    pub fn deliver_queues(&mut self) -> Result<usize, Trap> {
        queue_ready::deliver(&mut self.vm.lock())
    }

    /// Keeps what happens from now on, or keeps it no longer; what was kept before goes.
    pub fn set_tracing(&mut self, tracing: bool) {
        self.vm.lock().state_mut().trace = tracing.then(Box::default);
    }

    /// What has happened in the VM since it is traced: callbacks and hostcalls of all contexts, in order. Empty where it is
    /// not: see [`PluginSetup::trace`] and [`set_tracing`](Self::set_tracing).
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.vm.lock().state().trace()
    }

    /// What has happened since the VM is traced or since the last call of this; it is not kept any longer.
    pub fn take_trace(&mut self) -> Trace {
        let mut vm = self.vm.lock();
        let trace = vm.state_mut().trace.as_mut();
        trace.map(|trace| trace.take()).unwrap_or_default()
    }

    /// What every callback of the VM has cost so far, those of streams included.
    #[must_use]
    pub fn costs(&self) -> Costs {
        self.vm.lock().costs.clone()
    }

    /// The trap by which the VM was lost; `None` while it works.
    #[must_use]
    pub fn failure(&self) -> Option<Trap> {
        self.vm.lock().failure().cloned()
    }

    /// Bytes of the VM's linear memory; it never shrinks, so that this is the most that it has had.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.vm.lock().memory_bytes()
    }

    /// Every callback of the VM and of root contexts so far, in order; those of streams are with the stream.
    #[must_use]
    pub fn runs(&self) -> Vec<CallbackRun> {
        self.vm.lock().runs.clone()
    }

    /// Fuel of all runs of one root callback so far.
    #[must_use]
    pub fn fuel(&self, callback: Callback) -> u64 {
        run::fuel_of(&self.vm.lock().runs, callback)
    }

    /// Hostcalls of all root callbacks so far, by name.
    #[must_use]
    pub fn hostcalls(&self) -> BTreeMap<&'static str, u64> {
        run::hostcalls_of(&self.vm.lock().runs)
    }
}

impl Plugin {
    /// As [`join`](Self::join), in a VM that some plugin has.
    pub(crate) fn join_vm(shared: SharedVm, mut setup: PluginSetup) -> Result<Self, PluginError> {
        let plugin = RootState::take(&mut setup);
        let mut vm = shared.lock();
        let id = vm.roots.new_plugin();
        attempt(&mut vm, |vm| {
            let state = vm.state();
            let same_vm = (&setup.vm_id, &setup.vm_configuration) == (&state.vm_id, &state.vm_configuration);
            same_vm.then_some(()).ok_or(PluginFailure::AnotherVm)?;
            put_in_use(vm, id, plugin)
        })?;
        drop(vm);
        Ok(Self { vm: shared, id })
    }

    pub(crate) fn weak_vm(&self) -> WeakVm {
        self.vm.downgrade()
    }

    pub(crate) fn clock(&self) -> Clock {
        self.vm.lock().state().clock
    }

    /// How far time was moved on since the VM was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.vm.lock().state().calls.elapsed.now
    }

    pub(crate) fn move_time(&self, to: Duration) {
        self.vm.lock().state_mut().move_time(to);
    }

    /// Leaves the VM without a callback; the answer is everything that was logged in it.
    pub(crate) fn abandon(self) -> Vec<LogLine> {
        let mut vm = self.vm.lock();
        vm.roots.leave(self.id);
        std::mem::take(&mut vm.state_mut().log)
    }

    fn reference(&self) -> PluginRef {
        PluginRef {
            vm: self.vm.clone(),
            plugin: self.id,
        }
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let mut vm = self.vm.lock();
        if let Some(root) = vm.roots.leave(self.id) {
            // A trap here is kept as the VM's failure, where other plugins of the VM tell it.
            let _trap = events::happen(&mut vm, |vm| roots::delete(vm, root));
        }
    }
}

/// Lets a VM start or configure a plugin; where it fails, the error has what was logged meanwhile.
fn attempt(vm: &mut Vm, start: impl FnOnce(&mut Vm) -> Result<(), PluginFailure>) -> Result<(), PluginError> {
    let lines_before = vm.state().log.len();
    let result = match vm.failure() {
        Some(trap) => Err(PluginFailure::Failed(trap.clone())),
        None => start(vm),
    };
    result.map_err(|failure| {
        let log = vm.state().log.get(lines_before..).unwrap_or_default().to_vec();
        let trace = vm.state().trace();
        PluginError { failure, log, trace }
    })
}

/// Runs the module's own initialization: `_initialize` and then `main`, or `_start`.
fn initialize(vm: &mut Vm) -> Result<(), Trap> {
    let (initialize, main, start) = (
        vm.exports.initialize.clone(),
        vm.exports.main.clone(),
        vm.exports.start.clone(),
    );
    match (initialize, main, start) {
        (Some(initialize), main, _) => {
            vm.call((Callback::Initialize, 0), &initialize, ())?;
            main.map_or(Ok(()), |main| {
                vm.call((Callback::Main, 0), &main, (0, 0)).map(drop)
            })
        }
        (None, _, Some(start)) => vm.call((Callback::Start, 0), &start, ()),
        (None, _, None) => Ok(()),
    }
}

/// Gives a plugin the root context of this name, configuration and so on: the one that is there, or a new one.
fn put_in_use(vm: &mut Vm, id: PluginId, plugin: RootState) -> Result<(), PluginFailure> {
    let root = match roots::find(vm, &plugin) {
        Some(root) => root,
        None => new_root(vm, plugin)?,
    };
    if let Some(retired) = vm.roots.replace(id, root) {
        roots::delete(vm, retired)?;
    }
    Ok(events::settle(vm)?)
}

/// Makes, starts and configures a root context; one that refuses is deleted again.
fn new_root(vm: &mut Vm, plugin: RootState) -> Result<u32, PluginFailure> {
    let configuration = plugin.configuration.clone();
    let root = roots::new(vm, plugin);
    let configured = configure_root(vm, root, &configuration);
    events::settle(vm)?;
    match configured {
        Ok(()) => Ok(root),
        Err(failure @ (PluginFailure::VmStartRefused | PluginFailure::ConfigurationRefused)) => {
            roots::delete(vm, root)?;
            Err(failure)
        }
        Err(
            failure @ (PluginFailure::Trapped(_)
            | PluginFailure::Failed(_)
            | PluginFailure::AnotherVm
            | PluginFailure::FailedOnThread),
        ) => Err(failure),
    }
}

fn configure_root(vm: &mut Vm, root: u32, configuration: &[u8]) -> Result<(), PluginFailure> {
    if let Some(create) = vm.exports.context_create.clone() {
        with_configuration(vm, configuration, |vm| {
            vm.call((Callback::ContextCreate, root), &create, (root, 0))
        })?;
    }
    if let Some(start) = vm.exports.vm_start.clone() {
        let vm_size = configuration_size(vm.state().vm_configuration.len());
        let accepted = vm.call((Callback::VmStart, root), &start, (root, vm_size))? != 0;
        accepted.then_some(()).ok_or(PluginFailure::VmStartRefused)?;
    }
    if let Some(configure) = vm.exports.configure.clone() {
        let size = configuration_size(configuration.len());
        let accepted = with_configuration(vm, configuration, |vm| {
            vm.call((Callback::Configure, root), &configure, (root, size))
        })? != 0;
        accepted
            .then_some(())
            .ok_or(PluginFailure::ConfigurationRefused)?;
    }
    Ok(())
}

/// Lets the plugin read its configuration while `call` runs.
fn with_configuration<T>(vm: &mut Vm, configuration: &[u8], call: impl FnOnce(&mut Vm) -> T) -> T {
    vm.state_mut().plugin_configuration = Some(configuration.to_vec());
    let result = call(vm);
    vm.state_mut().plugin_configuration = None;
    result
}

/// A guest of 32 bits cannot take a buffer of 4 GiB or more; its size then reads as the largest number.
fn configuration_size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The lines, or the trace, which has them too.
fn shown(log: &[LogLine], trace: &Trace) -> String {
    if !trace.events().is_empty() {
        return format!("\n{}", trace.to_string().trim_end());
    }
    log.iter().fold(String::new(), |mut text, line| {
        let _infallible = write!(text, "\n  {line}");
        text
    })
}
