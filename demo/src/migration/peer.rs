//! The peers of payments: how each comes before and after it has moved, and what must become of its request.

use clap::ValueEnum;

use crate::migration::addresses::Addresses;
use crate::scenario::{Expected, Row, Sender};
use crate::workload::Workload;

/// Somebody who sends requests to payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Comes through its Envoy from the start.
    #[value(skip)]
    Orders,
    /// Comes past its Envoy at first.
    Frontend,
    /// A job of orders: a client without an Envoy, and at first without an SVID.
    OrdersJob,
    /// Nobody's: plaintext, and denied whatever it asks for.
    #[value(skip)]
    Scanner,
    /// A client in plaintext that keeps its connection and was silent while readiness looked.
    #[value(skip)]
    QuietClient,
}

/// How a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Mutual TLS, by the Envoy of the peer.
    Envoy,
    /// Mutual TLS, by a client that has the SVID itself.
    OwnSvid,
    /// Without TLS.
    Plaintext,
}

/// The mode of payments' PeerAuthentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Takes plaintext as well.
    Permissive,
    /// Mutual TLS alone.
    Strict,
}

/// A peer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Who.
    pub peer: Peer,
    /// How.
    pub way: Way,
}

const HEALTH: (&str, &str) = ("GET", "/healthz");
const PAYMENT: (&str, &str) = ("POST", "/payments");

impl Peer {
    /// Those that send requests all the time, in the order of the tables.
    pub const REGULAR: [Self; 4] = [Self::Orders, Self::Frontend, Self::OrdersJob, Self::Scanner];

    /// The name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Frontend => "frontend",
            Self::OrdersJob => "orders' job",
            Self::Scanner => "scanner",
            Self::QuietClient => "quiet client",
        }
    }

    /// As it comes at first.
    #[must_use]
    pub const fn at_first(self) -> Visit {
        let way = match self {
            Self::Orders => Way::Envoy,
            Self::Frontend | Self::OrdersJob | Self::Scanner | Self::QuietClient => Way::Plaintext,
        };
        Visit { peer: self, way }
    }

    /// As it comes once it has moved to mTLS. A scanner does not move, and nobody knows of the quiet client.
    #[must_use]
    pub const fn moved(self) -> Visit {
        let way = match self {
            Self::Orders | Self::Frontend => Way::Envoy,
            Self::OrdersJob => Way::OwnSvid,
            Self::Scanner | Self::QuietClient => Way::Plaintext,
        };
        Visit { peer: self, way }
    }

    /// Whose Envoy or SVID it has, once it has one.
    const fn workload(self) -> Workload {
        match self {
            Self::Orders | Self::OrdersJob | Self::Scanner | Self::QuietClient => Workload::Orders,
            Self::Frontend => Workload::Frontend,
        }
    }

    const fn request(self) -> (&'static str, &'static str) {
        match self {
            Self::Orders | Self::Scanner => PAYMENT,
            Self::Frontend | Self::OrdersJob | Self::QuietClient => HEALTH,
        }
    }
}

impl Visit {
    /// The request of this visit, and what must come of it.
    #[must_use]
    pub fn row(self, addresses: &Addresses, mode: Mode) -> Row {
        let (method, path) = self.peer.request();
        Row {
            from: self.sender(addresses),
            to: Workload::Payments,
            method,
            path,
            forged_xfcc: None,
            expected: self.expected(mode),
        }
    }

    /// How it comes, as the tables show it.
    #[must_use]
    pub fn label(self, addresses: &Addresses) -> String {
        match self.way {
            Way::Envoy => "mTLS, its Envoy".to_owned(),
            Way::OwnSvid => format!("mTLS, SVID of {}", self.peer.workload()),
            Way::Plaintext => format!("plaintext from {}", addresses.of(self.peer)),
        }
    }

    fn sender(self, addresses: &Addresses) -> Sender {
        match self.way {
            Way::Envoy => Sender::Application(self.peer.workload()),
            Way::OwnSvid => Sender::WithSvidOf(self.peer.workload()),
            Way::Plaintext => Sender::PlaintextFrom(addresses.of(self.peer)),
        }
    }

    fn expected(self, mode: Mode) -> Expected {
        match (self.way, mode, self.peer) {
            (Way::Plaintext, Mode::Strict, _) => denied("mtls-required"),
            (Way::Plaintext, Mode::Permissive, Peer::Scanner | Peer::Orders) => denied("no-matching-allow"),
            (Way::Plaintext, Mode::Permissive, Peer::Frontend | Peer::OrdersJob | Peer::QuietClient)
            | (Way::Envoy | Way::OwnSvid, ..) => Expected::Allowed {
                policy: "shop/payments",
            },
        }
    }
}

const fn denied(cause: &'static str) -> Expected {
    Expected::Denied { cause, policy: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_refuses_exactly_those_that_come_in_plaintext() {
        let addresses = Addresses::pick();
        for visit in Peer::REGULAR
            .into_iter()
            .flat_map(|peer| [peer.at_first(), peer.moved()])
        {
            let expected = visit.row(&addresses, Mode::Strict).expected;
            assert_eq!(
                expected == denied("mtls-required"),
                visit.way == Way::Plaintext,
                "{visit:?}"
            );
        }
    }

    #[test]
    fn only_the_scanner_is_still_in_plaintext_when_all_have_moved() {
        let left: Vec<Peer> = Peer::REGULAR
            .into_iter()
            .filter(|peer| peer.moved().way == Way::Plaintext)
            .collect();
        assert_eq!(left, [Peer::Scanner]);
    }
}
