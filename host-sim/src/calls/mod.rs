//! What a plugin begins by itself: HTTP and gRPC calls to other upstreams, and timers.

pub(crate) mod clusters;
pub(crate) mod drive;
pub(crate) mod error;
pub(crate) mod grpc;
pub(crate) mod grpc_answer;
pub(crate) mod grpc_service;
pub(crate) mod http;
pub(crate) mod ids;
pub(crate) mod plugin;
pub(crate) mod protobuf;
pub(crate) mod root;
pub(crate) mod state;
pub(crate) mod time;
