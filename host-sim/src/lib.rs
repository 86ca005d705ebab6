#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod abi;
mod abi_version;
mod buffer_edit;
mod calls;
mod clock;
mod envoy;
mod events;
mod headers;
mod holdings;
mod hostcalls;
mod http;
mod limits;
mod log;
mod module;
mod module_cache;
mod nonsense;
mod outcome;
mod pairs;
mod plugin;
mod plugin_setup;
mod random;
mod shared;
mod simulator;
mod tcp;
mod ticker;
mod trace;
mod vm;
mod workers;

pub use abi::{
    Action, BufferType, GrpcStatus, LogLevel, MapType, MetricKind, PeerType, Status, StreamType,
    UnknownNumber,
};
pub use abi_version::AbiVersion;
pub use calls::clusters::Clusters;
pub use calls::error::EventError;
pub use calls::grpc::{GrpcCall, GrpcRequest, GrpcStream};
pub use calls::grpc_answer::{GrpcAnswer, GrpcReceived};
pub use calls::grpc_service::GrpcTarget;
pub use calls::http::{HttpAnswer, HttpCall};
pub use calls::ids::CallKind;
pub use clock::Clock;
pub use envoy::connection::{Connection, PeerCertificate, workload};
pub use envoy::dynamic_metadata::{DynamicMetadata, MetadataValue};
pub use envoy::properties::{Properties, PropertyValue};
pub use headers::Headers;
pub use hostcalls::Errno;
pub use http::local_reply::LocalReply;
pub use http::message::Message;
pub use http::progress::Progress;
pub use http::stream::Stream;
pub use limits::Limits;
pub use log::LogLine;
pub use module::{Module, ModuleError};
pub use module_cache::ModuleCache;
pub use nonsense::{Lie, Nonsense, StatusLie, Told};
pub use outcome::{EndOfStream, Outcome, TcpOutcome};
pub use plugin::{Plugin, PluginError, PluginFailure};
pub use plugin_setup::PluginSetup;
pub use shared::metrics::{MetricValue, Metrics};
pub use shared::process::Process;
pub use simulator::{Simulator, SimulatorError};
pub use tcp::stream::TcpStream;
pub use trace::costs::{Cost, Costs};
pub use trace::event::{CallbackEnd, CallbackEvent, HostcallEnd, HostcallEvent, TraceEvent};
pub use trace::list::Trace;
pub use trace::value::{TraceBytes, TraceValue};
pub use vm::callback::Callback;
pub use vm::run::CallbackRun;
pub use vm::trap::{Trap, TrapCause};
pub use workers::count::WorkerCount;
pub use workers::group::{Reloads, Workers};
pub use workers::policy::FailurePolicy;
pub use workers::served::{Served, TcpServed};
pub use workers::stream::WorkerStream;
pub use workers::tcp_stream::WorkerTcpStream;
