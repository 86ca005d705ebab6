//! The numbers of the proxy-wasm ABI as closed enums, so that no bare integer travels inside the host.
//!
//! Source: proxy-wasm/spec, abi-versions v0.2.0 and v0.2.1.

use thiserror::Error;

/// Declares a closed enum together with the number that stands for each value in the ABI.
macro_rules! abi_enum {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $( $(#[$value_about:meta])* $value:ident = $number:literal, )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$value_about])* $value, )+
        }

        impl $name {
            /// Every value, by its number.
            pub const ALL: [Self; [$( Self::$value ),+].len()] = [$( Self::$value ),+];

            /// The number of this value in the ABI.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self {
                    $( Self::$value => $number, )+
                }
            }
        }

        impl TryFrom<u32> for $name {
            type Error = UnknownNumber;

            fn try_from(number: u32) -> Result<Self, UnknownNumber> {
                match number {
                    $( $number => Ok(Self::$value), )+
                    _ => Err(UnknownNumber { kind: stringify!($name), number }),
                }
            }
        }
    };
}

/// A number that the ABI gives no meaning to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("`{number}` is no {kind} of the proxy-wasm ABI")]
pub struct UnknownNumber {
    /// The enum that was asked for.
    pub kind: &'static str,
    /// The number that the guest gave.
    pub number: u32,
}

abi_enum! {
    /// What a hostcall answers (`proxy_status_t`).
    pub enum Status {
        /// Served.
        Ok = 0,
        /// The thing asked for does not exist.
        NotFound = 1,
        /// An argument has no meaning here.
        BadArgument = 2,
        /// A value exists but has no byte form.
        SerializationFailure = 3,
        /// Bytes could not be parsed.
        ParseFailure = 4,
        /// An expression could not be parsed.
        BadExpression = 5,
        /// A pointer or length reaches outside the guest's memory.
        InvalidMemoryAccess = 6,
        /// A queue is empty.
        Empty = 7,
        /// Shared data changed meanwhile.
        CasMismatch = 8,
        /// The result has another type than the one asked for.
        ResultMismatch = 9,
        /// The host failed.
        InternalFailure = 10,
        /// A connection broke before the answer.
        BrokenConnection = 11,
        /// The host does not serve this.
        Unimplemented = 12,
    }
}

abi_enum! {
    /// How a callback wants the stream to go on (`proxy_action_t`).
    pub enum Action {
        /// Go on to the next filter.
        Continue = 0,
        /// Wait until the plugin continues the stream.
        Pause = 1,
    }
}

abi_enum! {
    /// The weight of a log line (`proxy_log_level_t`), lightest first.
    pub enum LogLevel {
        /// Every step.
        Trace = 0,
        /// For finding faults.
        Debug = 1,
        /// Normal events; also the plugin's standard output.
        Info = 2,
        /// Odd, but served.
        Warn = 3,
        /// Failed; also the plugin's standard error.
        Error = 4,
        /// The VM is lost; the Rust SDK logs guest panics here.
        Critical = 5,
    }
}

abi_enum! {
    /// A buffer that a plugin can name (`proxy_buffer_type_t`).
    pub enum BufferType {
        /// Body of the request.
        HttpRequestBody = 0,
        /// Body of the response.
        HttpResponseBody = 1,
        /// Bytes from the downstream peer of a TCP stream.
        DownstreamData = 2,
        /// Bytes from the upstream peer of a TCP stream.
        UpstreamData = 3,
        /// Body of an answer to an HTTP call.
        HttpCallResponseBody = 4,
        /// A gRPC message.
        GrpcReceiveBuffer = 5,
        /// Configuration of the VM.
        VmConfiguration = 6,
        /// Configuration of the plugin.
        PluginConfiguration = 7,
        /// Arguments of a foreign function.
        CallData = 8,
    }
}

abi_enum! {
    /// A header map that a plugin can name (`proxy_header_map_type_t`).
    pub enum MapType {
        /// Headers of the request.
        HttpRequestHeaders = 0,
        /// Trailers of the request.
        HttpRequestTrailers = 1,
        /// Headers of the response.
        HttpResponseHeaders = 2,
        /// Trailers of the response.
        HttpResponseTrailers = 3,
        /// Initial metadata of a gRPC answer.
        GrpcReceiveInitialMetadata = 4,
        /// Trailing metadata of a gRPC answer.
        GrpcReceiveTrailingMetadata = 5,
        /// Headers of an answer to an HTTP call.
        HttpCallResponseHeaders = 6,
        /// Trailers of an answer to an HTTP call.
        HttpCallResponseTrailers = 7,
    }
}

abi_enum! {
    /// A stream, or a direction of one, that a plugin can continue or close (`proxy_stream_type_t`).
    pub enum StreamType {
        /// The request of an HTTP stream.
        HttpRequest = 0,
        /// The response of an HTTP stream.
        HttpResponse = 1,
        /// The downstream side of a TCP stream.
        Downstream = 2,
        /// The upstream side of a TCP stream.
        Upstream = 3,
    }
}

abi_enum! {
    /// Who closed a connection (`proxy_peer_type_t`).
    pub enum PeerType {
        /// Not told.
        Unknown = 0,
        /// The proxy.
        Local = 1,
        /// The other end.
        Remote = 2,
    }
}

abi_enum! {
    /// What a metric measures (`proxy_metric_type_t`).
    pub enum MetricKind {
        /// Only ever grows.
        Counter = 0,
        /// Goes up and down.
        Gauge = 1,
        /// Keeps the distribution of its samples.
        Histogram = 2,
    }
}

abi_enum! {
    /// How a gRPC call ended (`grpc-status`).
    pub enum GrpcStatus {
        /// Served.
        Ok = 0,
        /// The caller cancelled it.
        Cancelled = 1,
        /// No other status fits.
        Unknown = 2,
        /// An argument has no meaning.
        InvalidArgument = 3,
        /// Its time was over.
        DeadlineExceeded = 4,
        /// The thing asked for does not exist.
        NotFound = 5,
        /// The thing to be made exists.
        AlreadyExists = 6,
        /// The caller may not.
        PermissionDenied = 7,
        /// Something is used up.
        ResourceExhausted = 8,
        /// The system is not in the state that the call needs.
        FailedPrecondition = 9,
        /// It collided with another call.
        Aborted = 10,
        /// Beyond the end of something.
        OutOfRange = 11,
        /// The method does not exist.
        Unimplemented = 12,
        /// Something that always holds does not.
        Internal = 13,
        /// The service cannot be reached now.
        Unavailable = 14,
        /// Data is lost.
        DataLoss = 15,
        /// The caller is not known.
        Unauthenticated = 16,
        /// A number that gRPC gives no meaning to: Envoy tells every such one as the largest number.
        Invalid = 4_294_967_295,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_names_the_value_it_came_from() {
        for number in 0..13 {
            assert_eq!(Status::try_from(number).unwrap().number(), number);
        }
        for number in 0..9 {
            assert_eq!(BufferType::try_from(number).unwrap().number(), number);
        }
    }

    #[test]
    fn a_number_outside_the_abi_is_an_error_that_names_it() {
        let error = MapType::try_from(8).unwrap_err();
        assert_eq!(error.to_string(), "`8` is no MapType of the proxy-wasm ABI");
        assert!(Status::try_from(13).is_err(), "beyond the last one");
    }
}
