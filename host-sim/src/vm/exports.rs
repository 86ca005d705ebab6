//! The exports of one instance, typed once, so that a callback costs no look-up.

use wasmtime::{Instance, Store, TypedFunc, WasmParams, WasmResults};

use crate::vm::callback::Callback;
use crate::vm::state::State;

/// A callback's function where the module exports it.
pub(crate) type Export<P, R> = Option<TypedFunc<P, R>>;

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
    pub(crate) fn of(instance: &Instance, store: &mut Store<State>) -> wasmtime::Result<Self> {
        Ok(Self {
            initialize: callback(instance, store, Callback::Initialize)?,
            main: callback(instance, store, Callback::Main)?,
            start: callback(instance, store, Callback::Start)?,
            context_create: callback(instance, store, Callback::ContextCreate)?,
            vm_start: callback(instance, store, Callback::VmStart)?,
            configure: callback(instance, store, Callback::Configure)?,
            tick: callback(instance, store, Callback::Tick)?,
            queue_ready: callback(instance, store, Callback::QueueReady)?,
            foreign_function: callback(instance, store, Callback::ForeignFunction)?,
            request_headers: callback(instance, store, Callback::RequestHeaders)?,
            request_body: callback(instance, store, Callback::RequestBody)?,
            request_trailers: callback(instance, store, Callback::RequestTrailers)?,
            response_headers: callback(instance, store, Callback::ResponseHeaders)?,
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
