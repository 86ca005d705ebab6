//! What proxies wrote down of requests and connections: a line of a log becomes an [`Observation`].
//!
//! Two kinds of lines are read, and lines of later versions with more fields as well:
//!
//! - audit lines of the filter, bare or as they stand in the log of Envoy, with what the log puts in front of them;
//! - lines of the access log in the format of the rendered sidecars (`judged-requests`, `judged-connections`).
//!
//! A log has other lines: those are [`Line::Other`], to be counted. What should be one of ours and cannot be read is a
//! [`LineError`].

mod access_line;
mod audit_line;
mod log_line;
mod observation;
mod peer_address;
mod seen_text;
mod stamp;

pub use log_line::{Line, LineError, OtherLine};
pub use observation::{Effect, Observation, Origin, Transport, Verdict};
pub use peer_address::PeerAddress;
pub use seen_text::SeenText;
pub use stamp::rfc3339;
