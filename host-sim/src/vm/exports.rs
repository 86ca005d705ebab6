//! The exports of one instance, typed once, so that a callback costs no look-up.

use wasmtime::{Caller, Func, Instance, Store, TypedFunc, WasmParams, WasmResults};

use crate::abi_version::AbiVersion;
use crate::vm::callback::Callback;
use crate::vm::state::State;

/// A callback's function where the module exports it.
pub(crate) type Export<P, R> = Option<TypedFunc<P, R>>;

/// `main` without arguments.
pub(crate) const MAIN_VOID: &str = "__main_void";

/// Every callback that this host drives.
pub(crate) struct Exports {
    pub(crate) initialize: Export<(), ()>,
    pub(crate) main: Export<(u32, u32), u32>,
    pub(crate) start: Export<(), ()>,
    pub(crate) context_create: Export<(u32, u32), ()>,
    pub(crate) vm_start: Export<(u32, u32), u32>,
    pub(crate) configure: Export<(u32, u32), u32>,
    pub(crate) tick: Export<u32, ()>,
    pub(crate) queue_ready: Export<(u32, u32), ()>,
    pub(crate) foreign_function: Export<(u32, u32, u32), ()>,
    pub(crate) request_headers: Export<(u32, u32, u32), u32>,
    pub(crate) request_body: Export<(u32, u32, u32), u32>,
    pub(crate) request_trailers: Export<(u32, u32), u32>,
    pub(crate) response_headers: Export<(u32, u32, u32), u32>,
    pub(crate) response_body: Export<(u32, u32, u32), u32>,
    pub(crate) response_trailers: Export<(u32, u32), u32>,
    pub(crate) new_connection: Export<u32, u32>,
    pub(crate) downstream_data: Export<(u32, u32, u32), u32>,
    pub(crate) upstream_data: Export<(u32, u32, u32), u32>,
    pub(crate) downstream_connection_close: Export<(u32, u32), ()>,
    pub(crate) upstream_connection_close: Export<(u32, u32), ()>,
    pub(crate) http_call_response: Export<(u32, u32, u32, u32, u32), ()>,
    pub(crate) grpc_receive_initial_metadata: Export<(u32, u32, u32), ()>,
    pub(crate) grpc_receive: Export<(u32, u32, u32), ()>,
    pub(crate) grpc_receive_trailing_metadata: Export<(u32, u32, u32), ()>,
    pub(crate) grpc_close: Export<(u32, u32, u32), ()>,
    pub(crate) log: Export<u32, ()>,
    pub(crate) done: Export<u32, u32>,
    pub(crate) delete: Export<u32, ()>,
}

impl Exports {
    pub(crate) fn of(
        instance: &Instance,
        store: &mut Store<State>,
        version: AbiVersion,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            initialize: callback(instance, store, Callback::Initialize)?,
            main: main(instance, store)?,
            start: callback(instance, store, Callback::Start)?,
            context_create: callback(instance, store, Callback::ContextCreate)?,
            vm_start: callback(instance, store, Callback::VmStart)?,
            configure: callback(instance, store, Callback::Configure)?,
            tick: callback(instance, store, Callback::Tick)?,
            queue_ready: callback(instance, store, Callback::QueueReady)?,
            foreign_function: foreign_function(instance, store, version)?,
            request_headers: headers(instance, store, (Callback::RequestHeaders, version))?,
            request_body: callback(instance, store, Callback::RequestBody)?,
            request_trailers: callback(instance, store, Callback::RequestTrailers)?,
            response_headers: headers(instance, store, (Callback::ResponseHeaders, version))?,
            response_body: callback(instance, store, Callback::ResponseBody)?,
            response_trailers: callback(instance, store, Callback::ResponseTrailers)?,
            new_connection: callback(instance, store, Callback::NewConnection)?,
            downstream_data: callback(instance, store, Callback::DownstreamData)?,
            upstream_data: callback(instance, store, Callback::UpstreamData)?,
            downstream_connection_close: callback(instance, store, Callback::DownstreamConnectionClose)?,
            upstream_connection_close: callback(instance, store, Callback::UpstreamConnectionClose)?,
            http_call_response: callback(instance, store, Callback::HttpCallResponse)?,
            grpc_receive_initial_metadata: callback(instance, store, Callback::GrpcReceiveInitialMetadata)?,
            grpc_receive: callback(instance, store, Callback::GrpcReceive)?,
            grpc_receive_trailing_metadata: callback(instance, store, Callback::GrpcReceiveTrailingMetadata)?,
            grpc_close: callback(instance, store, Callback::GrpcClose)?,
            log: callback(instance, store, Callback::Log)?,
            done: callback(instance, store, Callback::Done)?,
            delete: callback(instance, store, Callback::Delete)?,
        })
    }
}

/// `main`, or the other name that compilers give it where it takes no arguments.
fn main(instance: &Instance, store: &mut Store<State>) -> wasmtime::Result<Export<(u32, u32), u32>> {
    if let Some(main) = callback(instance, store, Callback::Main)? {
        return Ok(Some(main));
    }
    let Some(main) = function::<(), u32>(instance, store, MAIN_VOID)? else {
        return Ok(None);
    };
    let with_arguments = Func::wrap(
        &mut *store,
        move |caller: Caller<'_, State>, _count: u32, _values: u32| main.call(caller, ()),
    );
    with_arguments.typed(&*store).map(Some)
}

/// A callback for headers; under the first version of the ABI the guest's own does not hear of the end of the stream.
fn headers(
    instance: &Instance,
    store: &mut Store<State>,
    (which, version): (Callback, AbiVersion),
) -> wasmtime::Result<Export<(u32, u32, u32), u32>> {
    match version {
        AbiVersion::V0_2_0 | AbiVersion::V0_2_1 => callback(instance, store, which),
        AbiVersion::V0_1_0 => match callback::<(u32, u32), u32>(instance, store, which)? {
            Some(guest) => without_end(store, guest).map(Some),
            None => Ok(None),
        },
    }
}

fn without_end(
    store: &mut Store<State>,
    guest: TypedFunc<(u32, u32), u32>,
) -> wasmtime::Result<TypedFunc<(u32, u32, u32), u32>> {
    let function = Func::wrap(
        &mut *store,
        move |caller: Caller<'_, State>, context: u32, headers: u32, _end: u32| {
            guest.call(caller, (context, headers))
        },
    );
    function.typed(&*store)
}

/// The first version of the ABI has none.
fn foreign_function(
    instance: &Instance,
    store: &mut Store<State>,
    version: AbiVersion,
) -> wasmtime::Result<Export<(u32, u32, u32), ()>> {
    match version {
        AbiVersion::V0_1_0 => Ok(None),
        AbiVersion::V0_2_0 | AbiVersion::V0_2_1 => callback(instance, store, Callback::ForeignFunction),
    }
}

/// A function of the instance, if it exports one of this name.
pub(crate) fn function<P: WasmParams, R: WasmResults>(
    instance: &Instance,
    store: &mut Store<State>,
    name: &str,
) -> wasmtime::Result<Export<P, R>> {
    match instance.get_func(&mut *store, name) {
        Some(function) => function.typed(&*store).map(Some),
        None => Ok(None),
    }
}

fn callback<P: WasmParams, R: WasmResults>(
    instance: &Instance,
    store: &mut Store<State>,
    callback: Callback,
) -> wasmtime::Result<Export<P, R>> {
    function(instance, store, callback.export())
}
