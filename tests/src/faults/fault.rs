//! [`Fault`]: something that goes wrong, and what must follow.

use std::fmt;

use spiffe_authz_envoy_config::ApplicationProtocol;

use crate::faults::cause::{BadChain, BadDiscovery, Cause, FailurePolicy, Requests};
use crate::faults::kind::Kind;

/// Something that goes wrong. [`FAULTS`](crate::faults::FAULTS) has them all.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub(super) title: &'static str,
    pub(super) cause: Cause,
    pub(super) failure_policy: FailurePolicy,
    pub(super) requests: Requests,
    pub(super) arriving: Arriving,
    pub(super) recovery: Recovery,
}

/// What may reach the application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arriving {
    /// Nothing.
    Nothing,
    /// Exactly what policy allows.
    WhatIsAllowed,
    /// Of what policy allows as much as there happens to be between two faults; of the rest nothing.
    AtMostWhatIsAllowed,
}

/// What ends the fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recovery {
    /// The good configuration has been in force all the time.
    NotNeeded,
    /// It ends by itself once its cause does.
    ByItself,
    /// The next good discovery file.
    GoodUpdate,
    /// A good bootstrap or discovery file, and a restart.
    Restart,
}

impl Fault {
    /// The fault in a few words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Whether a sidecar of this kind can have it: connections have no routes, and their filters cannot be disabled.
    #[must_use]
    pub fn applies_to(&self, kind: Kind) -> bool {
        let of_requests_alone = matches!(
            self.cause,
            Cause::Chain(BadChain::DisabledOnRoutes | BadChain::DisabledInChain)
        );
        !of_requests_alone || kind.protocol() == ApplicationProtocol::Http
    }

    /// What may reach the application where the interlock is as shipped.
    ///
    /// A connection is judged in the memory that is free when no more can be had: it brings no headers.
    #[must_use]
    pub fn arriving(&self, kind: Kind) -> Arriving {
        if self.requests == Requests::Large && kind.protocol() == ApplicationProtocol::Tcp {
            Arriving::AtMostWhatIsAllowed
        } else {
            self.arriving
        }
    }

    /// Whether Envoy serves at all: it refuses to start without the file that its bootstrap names.
    pub(super) fn lets_envoy_start(&self) -> bool {
        self.cause != Cause::Discovery(BadDiscovery::Missing)
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNeeded => "the good configuration stayed in force",
            Self::ByItself => "by itself, in seconds",
            Self::GoodUpdate => "at the next good update",
            Self::Restart => "with a good file and a restart",
        })
    }
}
