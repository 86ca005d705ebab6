//! [`JudgedCheck`]: what is asked of a request before any rule.

use crate::decision::Denial;
use crate::identity::identify;
use crate::policy_set::PolicySet;
use crate::request::{Peer, Request};
use crate::request_bounds::require_within_bounds;

/// A check, in the order in which they are made.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RequestCheck {
    /// Path and headers are within the bounds.
    Size,
    /// The connection is as PeerAuthentication asks.
    Mtls,
    /// The peer's certificate is an SVID in force, and nobody denied by name.
    Identity,
    /// The host can be read in one way only.
    HostForm,
    /// The path can be read in one way only.
    PathForm,
}

impl RequestCheck {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Mtls => "mtls",
            Self::Identity => "identity",
            Self::HostForm => "host-form",
            Self::PathForm => "path-form",
        }
    }
}

/// A check, and the denial where it does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JudgedCheck {
    /// What was asked.
    pub check: RequestCheck,
    /// Why the request would end here; `None` where the check holds.
    pub denial: Option<Denial<'static>>,
}

/// Every check. Those behind the first that denies are made as well.
pub(super) fn all(set: &PolicySet, request: &Request<'_>, peer: Peer<'_>) -> Vec<JudgedCheck> {
    let identity = identify(set.profile, &set.svid, peer, request.time).map(|_| ());
    let judged = [
        (RequestCheck::Size, require_within_bounds(request)),
        (RequestCheck::Mtls, set.require_mtls(request, peer)),
        (RequestCheck::Identity, identity),
        (
            RequestCheck::HostForm,
            set.require_plain_host(request, set.enforced_inputs),
        ),
        (
            RequestCheck::PathForm,
            set.require_plain_path(request, set.enforced_inputs),
        ),
    ];
    let check = |(check, result): (_, Result<(), _>)| JudgedCheck {
        check,
        denial: result.err(),
    };
    judged.into_iter().map(check).collect()
}
