//! [`PortTraffic`]: how the peers of one port connect.

use core::fmt;
use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::observed::{Effect, Observation, Origin, PeerAddress, Transport};

/// How many peers are told apart; the others are counted together.
const MOST_PEERS: usize = 10_000;

/// What logs tell of one port. Times are those of the lines; a line without one counts as being within every window.
#[derive(Clone, Debug, Default)]
pub struct PortTraffic {
    /// Requests and connections with a certificate of the peer.
    pub mtls: u64,
    /// Those without one, admitted or denied.
    pub plaintext: u64,
    /// Those of which it cannot be told.
    pub not_said: u64,
    /// The earliest and the latest time of a line.
    pub first: Option<OffsetDateTime>,
    /// The latest time of a line.
    pub last: Option<OffsetDateTime>,
    /// Who came without a certificate.
    pub plaintext_peers: BTreeMap<PlaintextPeer, PeerTraffic>,
    /// Of the window: access-log lines with a certificate.
    pub(super) recent_mtls: u64,
    /// Of the window: those of which it cannot be told.
    pub(super) recent_not_said: u64,
}

/// A peer that came without a certificate.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum PlaintextPeer {
    /// By its address.
    Address(PeerAddress),
    /// An audit line has no address.
    NotSaid,
    /// More peers than are told apart.
    Others,
}

/// How one peer that has no certificate came.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PeerTraffic {
    /// How often it was admitted: what STRICT would end.
    pub admitted: u64,
    /// How often it was denied anyway.
    pub denied: u64,
    /// The earliest time of a line.
    pub first: Option<OffsetDateTime>,
    /// The latest.
    pub last: Option<OffsetDateTime>,
    /// How often it was admitted within the window.
    pub recent: u64,
    /// The latest time that it was admitted.
    pub last_admitted: Option<OffsetDateTime>,
}

impl PortTraffic {
    /// Takes one observation in. `window` is the start of the time that has to be quiet.
    pub(super) fn add(&mut self, observation: &Observation, window: OffsetDateTime) {
        let time = observation.time;
        let is_recent = time.is_none_or(|time| time >= window);
        self.first = self.first.into_iter().chain(time).min();
        self.last = self.last.max(time);
        match observation.transport {
            Transport::MutualTls => {
                add_one(&mut self.mtls);
                // An audit line tells of what was denied or marked: it is no evidence of what is admitted.
                if time.is_some_and(|time| time >= window) && observation.origin == Origin::AccessLog {
                    add_one(&mut self.recent_mtls);
                }
            }
            Transport::NotSaid => {
                add_one(&mut self.not_said);
                if is_recent {
                    add_one(&mut self.recent_not_said);
                }
            }
            Transport::Plaintext | Transport::TlsWithoutCertificate | Transport::WithoutCertificate => {
                add_one(&mut self.plaintext);
                self.peer(observation).add(observation, is_recent);
            }
        }
    }

    fn peer(&mut self, observation: &Observation) -> &mut PeerTraffic {
        let peer = match &observation.peer_address {
            Some(address) => PlaintextPeer::Address(address.clone()),
            None => PlaintextPeer::NotSaid,
        };
        let is_full = self.plaintext_peers.len() >= MOST_PEERS && !self.plaintext_peers.contains_key(&peer);
        let peer = if is_full { PlaintextPeer::Others } else { peer };
        self.plaintext_peers.entry(peer).or_default()
    }

    /// How many requests and connections there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.mtls
            .saturating_add(self.plaintext)
            .saturating_add(self.not_said)
    }

    /// The peers that were admitted within the window.
    pub fn blocking(&self) -> impl Iterator<Item = (&PlaintextPeer, &PeerTraffic)> {
        self.plaintext_peers
            .iter()
            .filter(|(_, traffic)| traffic.recent > 0)
    }

    /// The latest time that a peer without a certificate was admitted.
    #[must_use]
    pub fn last_plaintext(&self) -> Option<OffsetDateTime> {
        self.plaintext_peers
            .values()
            .filter_map(|traffic| traffic.last_admitted)
            .max()
    }
}

impl PeerTraffic {
    fn add(&mut self, observation: &Observation, is_recent: bool) {
        let time = observation.time;
        self.first = self.first.into_iter().chain(time).min();
        self.last = self.last.max(time);
        let effect = observation.verdict.as_ref().map(|verdict| verdict.effect);
        match effect {
            Some(Effect::Deny) => add_one(&mut self.denied),
            // What the filter did not judge went through for all that is known.
            Some(Effect::Allow) | None => {
                add_one(&mut self.admitted);
                self.last_admitted = self.last_admitted.max(time);
                if is_recent {
                    add_one(&mut self.recent);
                }
            }
        }
    }
}

fn add_one(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl fmt::Display for PlaintextPeer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(formatter),
            Self::NotSaid => formatter.write_str("(no address)"),
            Self::Others => formatter.write_str("(others)"),
        }
    }
}
