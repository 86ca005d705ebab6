//! [`Scene`]: how a request comes in. Within one scene every dimension can be chosen freely.

use std::fmt;

use crate::difference::Dimension;

/// What is spoken, and how the peer shows who it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Scene {
    /// What is spoken.
    pub spoken: Spoken,
    /// How the peer shows who it is.
    pub shown: Shown,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Spoken {
    /// HTTP, gRPC among it.
    Http,
    /// A connection that carries anything.
    Tcp,
}

/// How the peer shows who it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Shown {
    /// By a certificate that the proxy verified.
    Certificate,
    /// Not at all.
    Plaintext,
    /// By what a listener in front wrote into a filter state.
    HandedOn,
}

impl Scene {
    /// Every scene; those with a peer that is handed on only where a configuration names the filter state.
    pub(super) fn all(with_handed_on: bool) -> Vec<Self> {
        let mut scenes = Vec::new();
        for spoken in [Spoken::Http, Spoken::Tcp] {
            for shown in [Shown::Certificate, Shown::Plaintext, Shown::HandedOn] {
                if with_handed_on || shown != Shown::HandedOn {
                    scenes.push(Self { spoken, shown });
                }
            }
        }
        scenes
    }

    /// Whether requests of this scene can differ in the dimension.
    pub(super) fn has(self, dimension: &Dimension) -> bool {
        let speaks = self.spoken == Spoken::Http || !dimension.speaks_http();
        let shows = match self.shown {
            Shown::Certificate => true,
            Shown::Plaintext => *dimension != Dimension::Peer && !dimension.is_of_certificate(),
            Shown::HandedOn => !dimension.is_of_certificate(),
        };
        speaks && shows
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spoken = match self.spoken {
            Spoken::Http => "HTTP",
            Spoken::Tcp => "TCP",
        };
        let shown = match self.shown {
            Shown::Certificate => "with a certificate",
            Shown::Plaintext => "without a certificate",
            Shown::HandedOn => "handed on",
        };
        write!(formatter, "{spoken}, {shown}")
    }
}
