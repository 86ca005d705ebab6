//! [`Application`]: the tripwire behind the sidecar, for requests or for connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use spiffe_authz_envoy_config::ApplicationProtocol;

use crate::envoy::application::Listening;
use crate::envoy::echo::Echo;
use crate::envoy::tripwire::Tripwire;
use crate::faults::mark::Mark;

/// An application that records everything that arrives.
pub(super) enum Application {
    Http(Tripwire),
    Tcp(Echo),
}

/// How often each mark arrived.
pub type Arrivals = BTreeMap<Mark, usize>;

impl Application {
    pub(super) async fn start(protocol: ApplicationProtocol) -> Result<Self, String> {
        match protocol {
            ApplicationProtocol::Http | ApplicationProtocol::Http2 => Tripwire::start().await.map(Self::Http),
            ApplicationProtocol::Tcp => Echo::start().await.map(Self::Tcp),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Http(application) => application.address(),
            Self::Tcp(application) => application.address(),
        }
    }

    /// What arrived so far.
    ///
    /// # Errors
    /// When something arrived that no client has sent so.
    pub(super) fn arrivals(&self) -> Result<Arrivals, String> {
        let arrivals: Arrivals = Mark::ALL.map(|mark| (mark, self.arrivals_of(mark))).into();
        let marked: usize = arrivals.values().sum();
        match self.everything() {
            everything if everything == marked => Ok(arrivals),
            everything => Err(format!("{everything} arrived, and only {marked} have a mark")),
        }
    }

    fn arrivals_of(&self, mark: Mark) -> usize {
        match self {
            Self::Http(application) => application.arrivals_of(mark.word()),
            Self::Tcp(application) => application.arrivals_of(&mark.bytes()),
        }
    }

    fn everything(&self) -> usize {
        match self {
            Self::Http(application) => application.arrivals(),
            Self::Tcp(application) => application.arrivals(),
        }
    }
}
