//! Whether a port may ask for mTLS (STRICT): who still speaks plaintext, and how much is known.
//!
//! [`Traffic`] counts what logs tell, and takes what the counters of an Envoy say; [`Assessment`] is the verdict on one port. No
//! verdict rests on silence: where too little was seen it is [`Verdict::NotKnown`].

mod assessment;
mod listener_counters;
mod port_traffic;
mod traffic;

pub use assessment::{Assessment, Criteria, NotKnown, Verdict, assess};
pub use listener_counters::{CounterError, ListenerCounters, Metrics};
pub use port_traffic::{PeerTraffic, PlaintextPeer, PortTraffic};
pub use traffic::{Key, Traffic};
