//! One running instance: every callback goes through [`Vm::call`], which meters it and catches its trap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use wasmtime::{Store, TypedFunc, WasmParams, WasmResults};

pub(crate) mod allowed;
pub(crate) mod asked;
pub(crate) mod callback;
pub(crate) mod exports;
pub(crate) mod memory;
pub(crate) mod root_state;
pub(crate) mod roots;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod stream_context;
pub(crate) mod stream_handle;
pub(crate) mod stream_state;
pub(crate) mod trap;

use crate::module::{ALLOCATORS, Module};
use crate::plugin_setup::PluginSetup;
use crate::ticker;
use crate::trace::costs::Costs;
use crate::trace::shape::Numbers;
use crate::vm::allowed::Allowed;
use crate::vm::asked::{Asked, Wish};
use crate::vm::callback::Callback;
use crate::vm::exports::Exports;
use crate::vm::roots::Roots;
use crate::vm::run::CallbackRun;
use crate::vm::state::{Running, State};
use crate::vm::stream_state::StreamState;
use crate::vm::trap::{Trap, TrapCause};

/// An instance with its state.
pub(crate) struct Vm {
    store: Store<State>,
    pub(crate) exports: Exports,
    pub(crate) roots: Roots,
    /// Runs of the VM's own and of root callbacks; those of streams are with the stream.
    pub(crate) runs: Vec<CallbackRun>,
    /// Of every callback so far, those of streams that are gone included.
    pub(crate) costs: Costs,
    failed: Option<Trap>,
    contexts: u32,
}

/// A VM that its plugin and its streams hold together.
#[derive(Clone)]
pub(crate) struct SharedVm(Arc<Mutex<Vm>>);

/// A VM that somebody else holds.
#[derive(Clone)]
pub(crate) struct WeakVm(Weak<Mutex<Vm>>);

impl WeakVm {
    /// The VM, if anybody holds it still.
    pub(crate) fn upgrade(&self) -> Option<SharedVm> {
        self.0.upgrade().map(SharedVm)
    }
}

impl SharedVm {
    pub(crate) fn downgrade(&self) -> WeakVm {
        WeakVm(Arc::downgrade(&self.0))
    }

    pub(crate) fn new(vm: Vm) -> Self {
        Self(Arc::new(Mutex::new(vm)))
    }

    /// A thread that died with the lock left the VM in a state that the next call can still work with.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Vm> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vm {
    /// Instantiates the module; no callback but its start section runs.
    ///
    /// # Errors
    /// The trap of the start section, or why there can be no instance (memory beyond the limit).
    pub(crate) fn instantiate(module: &Module, setup: PluginSetup) -> Result<Self, (Trap, Box<State>)> {
        let mut store = Store::new(
            module.instance.module().engine(),
            State::new(module.limits, setup),
        );
        store.data_mut().abi = module.abi();
        store.limiter(|state| &mut state.holdings);
        match exports_of(module, &mut store) {
            Ok(exports) => Ok(Self {
                store,
                exports,
                roots: Roots::default(),
                runs: Vec::new(),
                costs: Costs::default(),
                failed: None,
                contexts: 0,
            }),
            Err(error) => {
                let refused = store.data().holdings.refused();
                let cause = TrapCause::of_instance(&error, &module.limits, refused);
                let trap = Trap {
                    callback: Callback::Instantiate,
                    cause,
                };
                Err((trap, Box::new(store.into_data())))
            }
        }
    }

    pub(crate) fn state(&self) -> &State {
        self.store.data()
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// The first trap, after which no callback runs any more.
    pub(crate) const fn failure(&self) -> Option<&Trap> {
        self.failed.as_ref()
    }

    /// Bytes of the guest's linear memory now; it never shrinks.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.state()
            .guest_memory
            .map_or(0, |memory| memory.data_size(&self.store))
    }

    /// The number of a new context: 1, 2, 3 and so on, roots and streams alike.
    pub(crate) const fn new_context(&mut self) -> u32 {
        self.contexts = self.contexts.saturating_add(1);
        self.contexts
    }

    /// Runs a callback for a context (0: the VM itself) and notes what it cost; a trap ends the VM.
    ///
    /// # Errors
    /// The trap; one that happened before is returned again and nothing runs.
    pub(crate) fn call<P: WasmParams + Numbers, R: WasmResults + Numbers>(
        &mut self,
        (callback, context): (Callback, u32),
        function: &TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, Trap> {
        if let Some(trap) = &self.failed {
            return Err(trap.clone());
        }
        let running = Running { callback, context };
        if let Some(trace) = &mut self.state_mut().trace {
            trace.begin_callback(running, &parameters.numbers());
        }
        let limits = self.state().limits;
        let (began, memory) = (Instant::now(), self.memory_bytes());
        let result = prepare(&mut self.store, running)
            .and_then(|()| function.call(&mut self.store, parameters))
            .map_err(|error| Trap {
                callback,
                cause: TrapCause::of(&error, &limits),
            });
        let result = self.state_mut().take_allocator_trap().and(result);
        let run = self.finished(callback, began.elapsed(), memory);
        if let Some(trace) = &mut self.state_mut().trace {
            let returned = result.as_ref().map(Numbers::numbers);
            trace.end_callback(&run, returned.map_err(|trap| &trap.cause));
        }
        self.costs.add(&run);
        self.runs_of(context).push(run);
        result.map_err(|trap| self.fail(trap))
    }

    /// Where the runs of a context are noted: with its stream, or with the VM's own.
    fn runs_of(&mut self, context: u32) -> &mut Vec<CallbackRun> {
        match self.store.data_mut().streams.get_mut(&context) {
            Some(stream) => &mut stream.runs,
            None => &mut self.runs,
        }
    }

    fn finished(&mut self, callback: Callback, time: Duration, memory_before: usize) -> CallbackRun {
        // The engine always meters, so that there always is a number.
        let left = self.store.get_fuel().unwrap_or(0);
        let memory_bytes = self.memory_bytes();
        let fuel = self.state().limits.fuel_per_callback.saturating_sub(left);
        CallbackRun {
            callback,
            fuel,
            hostcalls: std::mem::take(&mut self.state_mut().hostcalls),
            time,
            memory_bytes,
            memory_growth: memory_bytes.saturating_sub(memory_before),
        }
    }

    fn fail(&mut self, trap: Trap) -> Trap {
        self.failed = Some(trap.clone());
        let asked = std::mem::take(&mut self.state_mut().asked);
        for Asked { context, wish } in asked {
            let stream = self.stream_mut(context);
            if let (Some(http), Wish::Reply(reply)) = (stream.and_then(StreamState::http_mut), wish) {
                http.late_details = Some(reply.details);
            }
        }
        trap
    }
}

/// Brings the instance up, and makes its memory and allocator known to the hostcalls.
fn exports_of(module: &Module, store: &mut Store<State>) -> wasmtime::Result<Exports> {
    allow(store)?;
    let instance = module.instance.instantiate(&mut *store)?;
    let memory = instance.get_memory(&mut *store, "memory");
    let [preferred, fallback] = ALLOCATORS;
    let allocate = match exports::function(&instance, store, preferred)? {
        Some(allocate) => Some(allocate),
        None => exports::function(&instance, store, fallback)?,
    };
    store.data_mut().guest_memory = memory;
    store.data_mut().guest_allocate = allocate;
    Exports::of(&instance, store, module.abi())
}

fn prepare(store: &mut Store<State>, running: Running) -> wasmtime::Result<()> {
    store.data_mut().running = running;
    store.data_mut().own_context = running.context;
    store.data_mut().allowed = Allowed::of(running.callback);
    store.data_mut().replied = false;
    store.data_mut().budget.refill();
    allow(store)
}

/// Gives the next callback its fuel and its time.
fn allow(store: &mut Store<State>) -> wasmtime::Result<()> {
    let limits = store.data().limits;
    if let Some(limit) = limits.time_per_callback {
        store.set_epoch_deadline(ticker::ticks(limit));
    }
    store.set_fuel(limits.fuel_per_callback)
}
