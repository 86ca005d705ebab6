//! What workers know of a VM by its key: what has been tried in it, and the instance that each thread has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::LogLine;
use crate::module::Module;
use crate::plugin::{Plugin, PluginError, PluginFailure};
use crate::plugin_setup::PluginSetup;
use crate::shared::member::Member;
use crate::trace::list::Trace;
use crate::vm::root_state::RootState;
use crate::vm::{SharedVm, WeakVm};

/// All VMs of one key (`vm_id`, code and VM configuration): plugins that have it share them, thread by thread.
#[derive(Clone)]
pub(crate) struct VmKey(Arc<Mutex<Vms>>);

pub(crate) struct Vms {
    module: Module,
    /// Shared data and queues of the `vm_id` stay while any VM or stream of this key may come back to them.
    _home: Member,
    /// By thread: the main one, then the workers.
    local: Vec<Option<WeakVm>>,
    /// How each configuration fared when it was tried; Envoy tries none twice.
    tried: Vec<(RootState, Trial)>,
    /// A thread could not start or configure a plugin; Envoy refuses every update of these VMs from then on.
    failed: bool,
    started: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    Accepted,
    Refused,
}

impl VmKey {
    pub(crate) fn new(module: Module, setup: &PluginSetup) -> Self {
        Self(Arc::new(Mutex::new(Vms {
            module,
            _home: setup.process.join(&setup.vm_id),
            local: Vec::new(),
            tried: Vec::new(),
            failed: false,
            started: 0,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Vms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vms {
    /// Lets a VM of its own, which lives no longer than this, start and configure the plugin.
    ///
    /// # Errors
    /// [`PluginError`] where it fails or refuses, or where these VMs take no update any more.
    pub(crate) fn attempt(&mut self, setup: &PluginSetup) -> Result<Vec<LogLine>, PluginError> {
        let log = self.attempt_once(setup)?;
        if self.failed {
            let failure = PluginFailure::FailedOnThread;
            return Err(PluginError {
                failure,
                log,
                trace: Trace::default(),
            });
        }
        Ok(log)
    }

    fn attempt_once(&mut self, setup: &PluginSetup) -> Result<Vec<LogLine>, PluginError> {
        let plugin = RootState::take(&mut setup.clone());
        match self.tried.iter().find(|(known, _)| *known == plugin) {
            Some((_, Trial::Accepted)) => return Ok(Vec::new()),
            Some((_, Trial::Refused)) => return Err(refused_before()),
            None => {}
        }
        let result = self.start(setup.clone());
        let trial = match &result {
            Ok(_) => Some(Trial::Accepted),
            Err(error) => trial_of(&error.failure),
        };
        self.tried.extend(trial.map(|trial| (plugin, trial)));
        result.map(Plugin::abandon)
    }

    /// Gives a thread the plugin: in the VM that it has, or in a new one.
    ///
    /// # Errors
    /// [`PluginError`] where that fails or is refused, after which these VMs take no update any more.
    pub(crate) fn load(&mut self, thread: usize, setup: PluginSetup) -> Result<Plugin, PluginError> {
        let loaded = match self.local(thread) {
            Some(vm) => Plugin::join_vm(vm, setup),
            None => self.start(setup),
        };
        match &loaded {
            Ok(plugin) => self.keep(thread, plugin.weak_vm()),
            Err(_) => self.failed = true,
        }
        loaded
    }

    /// The thread's VM, unless it has failed.
    fn local(&self, thread: usize) -> Option<SharedVm> {
        let vm = self.local.get(thread)?.as_ref()?.upgrade()?;
        let works = vm.lock().failure().is_none();
        works.then_some(vm)
    }

    fn keep(&mut self, thread: usize, vm: WeakVm) {
        if self.local.len() <= thread {
            self.local.resize(thread.saturating_add(1), None);
        }
        if let Some(local) = self.local.get_mut(thread) {
            *local = Some(vm);
        }
    }

    /// Starts a VM; each has random bytes of its own.
    fn start(&mut self, mut setup: PluginSetup) -> Result<Plugin, PluginError> {
        setup.random_seed = setup.random_seed.wrapping_add(self.started);
        self.started = self.started.wrapping_add(1);
        Plugin::start(&self.module, setup)
    }
}

/// Only a configuration that was judged is remembered.
const fn trial_of(failure: &PluginFailure) -> Option<Trial> {
    match failure {
        PluginFailure::ConfigurationRefused => Some(Trial::Refused),
        PluginFailure::Trapped(_)
        | PluginFailure::VmStartRefused
        | PluginFailure::Failed(_)
        | PluginFailure::AnotherVm
        | PluginFailure::FailedOnThread => None,
    }
}

fn refused_before() -> PluginError {
    PluginError {
        failure: PluginFailure::ConfigurationRefused,
        log: Vec::new(),
        trace: Trace::default(),
    }
}
