#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod abi;
mod attributes;
mod callback;
mod clock;
mod direction;
mod dynamic_metadata;
mod exports;
mod headers;
mod hostcalls;
mod limits;
mod local_reply;
mod log;
mod memory;
mod metrics;
mod module;
mod nonsense;
mod outcome;
mod pairs;
mod plugin;
mod plugin_setup;
mod properties;
mod random;
mod roots;
mod run;
mod side;
mod simulator;
mod state;
mod stream;
mod stream_context;
mod tcp_state;
mod tcp_stream;
mod trap;
mod vm;

pub use abi::{
    AbiVersion, Action, BufferType, LogLevel, MapType, MetricKind, PeerType, Status, StreamType,
    UnknownNumber,
};
pub use attributes::{Connection, PeerCertificate, workload};
pub use callback::Callback;
pub use clock::Clock;
pub use dynamic_metadata::{DynamicMetadata, MetadataValue};
pub use headers::Headers;
pub use limits::Limits;
pub use local_reply::LocalReply;
pub use log::LogLine;
pub use metrics::{MetricValue, Metrics};
pub use module::{Module, ModuleError};
pub use nonsense::{Lie, Nonsense, Told};
pub use outcome::{EndOfStream, Outcome, TcpOutcome};
pub use plugin::{Plugin, PluginError, PluginFailure};
pub use plugin_setup::PluginSetup;
pub use properties::{Properties, PropertyValue};
pub use run::CallbackRun;
pub use simulator::{Simulator, SimulatorError};
pub use stream::Stream;
pub use tcp_stream::TcpStream;
pub use trap::{Trap, TrapCause};
