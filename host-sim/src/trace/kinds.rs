//! What the numbers and bytes of each parameter stand for.

use crate::abi::UnknownNumber;
use crate::limits::Limits;
use crate::pairs;
use crate::trace::notes::Noted;
use crate::trace::value::{TraceBytes, TraceValue};

/// What a parameter or a result stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    GrpcStatus,
    /// A status, or the largest number, which stands for -1: none.
    GrpcStatusOrNone,
    Bool,
    Action,
    Buffer,
    Level,
    Map,
    Metric,
    Peer,
    Stream,
    Pairs,
    Path,
}

/// What a hostcall's parameter of this name stands for.
pub(crate) fn of_hostcall(hostcall: &str, parameter: &str) -> Kind {
    match (hostcall, parameter) {
        ("proxy_log" | "proxy_get_log_level", "level") => Kind::Level,
        ("proxy_send_local_response", "grpc_status") => Kind::GrpcStatusOrNone,
        ("proxy_define_metric", "kind") => Kind::Metric,
        ("proxy_continue_stream" | "proxy_close_stream", "stream") => Kind::Stream,
        ("proxy_get_property" | "proxy_set_property", "path") => Kind::Path,
        ("proxy_grpc_send", "end_of_stream") => Kind::Bool,
        (_, "map") => Kind::Map,
        (_, "buffer") => Kind::Buffer,
        (_, "pairs" | "headers" | "trailers" | "initial_metadata") => Kind::Pairs,
        (_, _) => Kind::Plain,
    }
}

impl Kind {
    /// The value that a hostcall noted.
    pub(crate) fn noted(self, noted: Noted) -> TraceValue {
        match noted {
            Noted::Number(number) => {
                u32::try_from(number).map_or(TraceValue::Number(number), |it| self.number(it))
            }
            Noted::Bytes(bytes) => self.bytes(bytes),
            Noted::Unread { pointer, length } => TraceValue::Unread { pointer, length },
        }
    }

    /// The value that a number of 32 bits stands for.
    pub(crate) fn number(self, number: u32) -> TraceValue {
        match self {
            Self::Plain | Self::Pairs | Self::Path => TraceValue::Number(number.into()),
            Self::GrpcStatusOrNone if number == u32::MAX => TraceValue::Number(-1),
            Self::GrpcStatus | Self::GrpcStatusOrNone => named(number, TraceValue::GrpcStatus),
            Self::Bool => TraceValue::Bool(number != 0),
            Self::Action => named(number, TraceValue::Action),
            Self::Buffer => named(number, TraceValue::Buffer),
            Self::Level => named(number, TraceValue::Level),
            Self::Map => named(number, TraceValue::Map),
            Self::Metric => named(number, TraceValue::Metric),
            Self::Peer => named(number, TraceValue::Peer),
            Self::Stream => named(number, TraceValue::Stream),
        }
    }

    /// A list that was cut, or is none, stays bytes.
    fn bytes(self, bytes: TraceBytes) -> TraceValue {
        match self {
            Self::Pairs if bytes.is_whole() => match pairs::decode(bytes.kept(), &Limits::default()) {
                Ok(pairs) => TraceValue::Pairs(pairs),
                Err(pairs::BadPairs) => TraceValue::Bytes(bytes),
            },
            Self::Path if bytes.is_whole() => TraceValue::Path(
                bytes
                    .kept()
                    .split(|byte| *byte == 0)
                    .map(<[u8]>::to_vec)
                    .collect(),
            ),
            Self::GrpcStatus | Self::GrpcStatusOrNone => TraceValue::Bytes(bytes),
            Self::Plain | Self::Bool | Self::Action | Self::Buffer => TraceValue::Bytes(bytes),
            Self::Level | Self::Map | Self::Metric | Self::Peer | Self::Stream => TraceValue::Bytes(bytes),
            Self::Pairs | Self::Path => TraceValue::Bytes(bytes),
        }
    }
}

fn named<T: TryFrom<u32, Error = UnknownNumber>>(number: u32, value: fn(T) -> TraceValue) -> TraceValue {
    T::try_from(number).map_or_else(TraceValue::Unknown, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::MapType;

    #[test]
    fn a_number_is_the_value_that_its_parameter_names() {
        let map = of_hostcall("proxy_get_header_map_size", "map");
        assert_eq!(map.number(2), TraceValue::Map(MapType::HttpResponseHeaders));
        let level = of_hostcall("proxy_log", "level").number(9);
        assert_eq!(level.to_string(), "9 (no LogLevel)");
        let status = of_hostcall("proxy_send_local_response", "grpc_status");
        assert_eq!(status.number(u32::MAX), TraceValue::Number(-1));
        assert_eq!(status.number(16).to_string(), "Unauthenticated");
    }

    #[test]
    fn bytes_that_are_no_list_of_pairs_stay_bytes() {
        let wrong = Noted::Bytes(TraceBytes::new(b"ab"));
        let value = of_hostcall("proxy_set_header_map_pairs", "pairs").noted(wrong);
        assert_eq!(value.bytes(), Some(&b"ab"[..]));
    }
}
