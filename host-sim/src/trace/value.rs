//! A value as it crosses between host and guest, with the meaning that the ABI gives it.

use std::fmt;

use crate::abi::{
    Action, BufferType, GrpcStatus, LogLevel, MapType, MetricKind, PeerType, StreamType, UnknownNumber,
};
use crate::pairs::Pair;

/// A value that crossed, by the ABI's meaning of its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceValue {
    /// A number that stands for itself: a size, an id, a time.
    Number(i128),
    /// A truth value, of a parameter or a result that is one.
    Bool(bool),
    /// What a callback wants of the stream.
    Action(Action),
    /// A buffer.
    Buffer(BufferType),
    /// How a gRPC call ended.
    GrpcStatus(GrpcStatus),
    /// The weight of a log line.
    Level(LogLevel),
    /// A header map.
    Map(MapType),
    /// What a metric measures.
    Metric(MetricKind),
    /// Who closed a connection.
    Peer(PeerType),
    /// A stream, or a direction of one.
    Stream(StreamType),
    /// A number that names no value of its enum.
    Unknown(UnknownNumber),
    /// Bytes.
    Bytes(TraceBytes),
    /// The segments of a property's path.
    Path(Vec<Vec<u8>>),
    /// A list of names and values.
    Pairs(Vec<Pair>),
    /// Bytes that the guest named and the host could not read: they reach outside memory, or were too many.
    Unread {
        /// The address.
        pointer: u32,
        /// How many bytes from there.
        length: u32,
    },
}

/// Bytes that crossed; of very many only the first are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceBytes {
    kept: Vec<u8>,
    length: usize,
}

impl TraceBytes {
    /// The most bytes that are kept of one value.
    pub const MOST: usize = 64 << 10;

    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self {
            kept: bytes.get(..Self::MOST).unwrap_or(bytes).to_vec(),
            length: bytes.len(),
        }
    }

    /// The bytes; where there were more than [`MOST`](Self::MOST), the first of them.
    #[must_use]
    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// How many bytes crossed.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Whether all of them are kept.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.kept.len() == self.length
    }
}

impl TraceValue {
    /// The bytes, of a value that has them.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes.kept()),
            Self::Number(_) | Self::Bool(_) | Self::Action(_) | Self::Buffer(_) | Self::Level(_) => None,
            Self::Map(_)
            | Self::Metric(_)
            | Self::Peer(_)
            | Self::Stream(_)
            | Self::GrpcStatus(_)
            | Self::Unknown(_) => None,
            Self::Path(_) | Self::Pairs(_) | Self::Unread { .. } => None,
        }
    }

    /// The name of the enum's value, of a value that is one.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Action(value) => Some(format!("{value:?}")),
            Self::Buffer(value) => Some(format!("{value:?}")),
            Self::GrpcStatus(value) => Some(format!("{value:?}")),
            Self::Level(value) => Some(format!("{value:?}")),
            Self::Map(value) => Some(format!("{value:?}")),
            Self::Metric(value) => Some(format!("{value:?}")),
            Self::Peer(value) => Some(format!("{value:?}")),
            Self::Stream(value) => Some(format!("{value:?}")),
            Self::Number(_) | Self::Bool(_) | Self::Unknown(_) | Self::Bytes(_) => None,
            Self::Path(_) | Self::Pairs(_) | Self::Unread { .. } => None,
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn size(&self) -> usize {
        let lists = match self {
            Self::Bytes(bytes) => bytes.kept.len(),
            Self::Path(segments) => sum(segments.iter().map(Vec::len)),
            Self::Pairs(pairs) => sum(pairs
                .iter()
                .map(|(name, value)| name.len().saturating_add(value.len()))),
            Self::Number(_) | Self::Bool(_) | Self::Action(_) | Self::Buffer(_) | Self::Level(_) => 0,
            Self::Map(_)
            | Self::Metric(_)
            | Self::Peer(_)
            | Self::Stream(_)
            | Self::GrpcStatus(_)
            | Self::Unknown(_) => 0,
            Self::Unread { .. } => 0,
        };
        lists.saturating_add(VALUE)
    }
}

/// What a value takes besides its bytes.
const VALUE: usize = 64;

/// What a list's entry takes besides its bytes is left to [`VALUE`] for each.
fn sum(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.fold(0, |sum, length| sum.saturating_add(length).saturating_add(VALUE))
}

impl fmt::Display for TraceValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Unknown(UnknownNumber { kind, number }) => write!(f, "{number} (no {kind})"),
            Self::Bytes(bytes) => show_bytes(f, bytes.kept(), bytes.length()),
            Self::Path(segments) => show_path(f, segments),
            Self::Pairs(pairs) => show_pairs(f, pairs),
            Self::Unread { pointer, length } => write!(f, "{length} bytes at {pointer} (not read)"),
            Self::Action(_) | Self::Buffer(_) | Self::Level(_) | Self::Map(_) | Self::Metric(_) => {
                f.write_str(&self.name().unwrap_or_default())
            }
            Self::Peer(_) | Self::Stream(_) | Self::GrpcStatus(_) => {
                f.write_str(&self.name().unwrap_or_default())
            }
        }
    }
}

/// The most bytes of one value that the text shows.
const SHOWN: usize = 120;

fn show_bytes(f: &mut fmt::Formatter<'_>, kept: &[u8], length: usize) -> fmt::Result {
    match kept.get(..SHOWN) {
        Some(start) if length > SHOWN => write!(f, "\"{}\"... ({length} bytes)", start.escape_ascii()),
        Some(_) | None => write!(f, "\"{}\"", kept.escape_ascii()),
    }
}

fn show_path(f: &mut fmt::Formatter<'_>, segments: &[Vec<u8>]) -> fmt::Result {
    for (place, segment) in segments.iter().enumerate() {
        if place > 0 {
            f.write_str(".")?;
        }
        let plain = segment
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if plain && segment.len() <= SHOWN && !segment.is_empty() {
            write!(f, "{}", segment.escape_ascii())?;
        } else {
            show_bytes(f, segment, segment.len())?;
        }
    }
    Ok(())
}

/// The most pairs of one list that the text shows.
const PAIRS_SHOWN: usize = 20;

fn show_pairs(f: &mut fmt::Formatter<'_>, pairs: &[Pair]) -> fmt::Result {
    f.write_str("{")?;
    for (place, (name, value)) in pairs.iter().take(PAIRS_SHOWN).enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        show_bytes(f, name, name.len())?;
        f.write_str(": ")?;
        show_bytes(f, value, value.len())?;
    }
    if pairs.len() > PAIRS_SHOWN {
        write!(f, ", ... ({} pairs)", pairs.len())?;
    }
    f.write_str("}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(bytes: &[u8]) -> String {
        TraceValue::Bytes(TraceBytes::new(bytes)).to_string()
    }

    #[test]
    fn bytes_are_escaped_and_long_ones_are_cut_with_their_length() {
        assert_eq!(bytes(b"a\"\n\xff"), r#""a\"\n\xff""#);
        assert_eq!(bytes(&[b'x'; SHOWN]).len(), SHOWN + 2);
        assert!(bytes(&[b'x'; SHOWN + 1]).ends_with("x\"... (121 bytes)"));
    }

    #[test]
    fn a_value_of_many_bytes_keeps_the_first_and_says_how_many_they_were() {
        let value = TraceBytes::new(&vec![7; TraceBytes::MOST + 1]);
        assert_eq!(
            (value.kept().len(), value.length()),
            (TraceBytes::MOST, TraceBytes::MOST + 1)
        );
        assert!(!value.is_whole());
        assert!(TraceBytes::new(b"").is_whole());
    }

    #[test]
    fn a_path_shows_its_segments() {
        let path = |segments: &[&str]| {
            let segments = segments.iter().map(|segment| segment.as_bytes().to_vec());
            TraceValue::Path(segments.collect()).to_string()
        };
        assert_eq!(path(&["connection", "mtls"]), "connection.mtls");
        assert_eq!(path(&["metadata", "a.b", ""]), r#"metadata."a.b"."""#);
    }

    #[test]
    fn a_number_without_a_meaning_says_so() {
        let unknown = MapType::try_from(8).unwrap_err();
        assert_eq!(TraceValue::Unknown(unknown).to_string(), "8 (no MapType)");
        assert_eq!(
            TraceValue::Map(MapType::HttpRequestHeaders).to_string(),
            "HttpRequestHeaders"
        );
    }
}
