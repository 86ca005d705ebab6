//! [`PeerVerdict`]: who the peer is, as rules see it.

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::decision::Denial;
use crate::explain::printable::printable;
use crate::identity::identify;
use crate::policy_set::PolicySet;
use crate::request::Peer;

/// Who the peer is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PeerVerdict {
    /// Its SPIFFE ID; in profile istio the first URI SAN, whatever it says.
    Known(String),
    /// Nobody: rules on the peer do not match it (profile istio).
    Anonymous,
    /// It presented nothing, so that it cannot be told: no ALLOW rule on the peer matches, and every DENY rule applies
    /// (profile zero-trust).
    NotTold,
    /// Nobody that may come in.
    Refused(Denial<'static>),
}

impl PeerVerdict {
    pub(super) fn of(set: &PolicySet, peer: Peer<'_>, now: Attribute<OffsetDateTime>) -> Self {
        match identify(set.profile, &set.svid, peer, now) {
            Ok(Attribute::Known(identity)) => Self::Known(printable(identity.text)),
            Ok(Attribute::Absent) => Self::Anonymous,
            Ok(Attribute::Unreadable) => Self::NotTold,
            Err(denial) => Self::Refused(denial),
        }
    }
}
