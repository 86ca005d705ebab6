//! [`Place`]: what the rendering of a value depends on beside the value.

use crate::compile::Context;
use crate::config::authorization_policy::Action;
use crate::rbac::peer::PeerSource;

/// The filter chain that a filter is rendered for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Chain {
    /// A chain with an HTTP connection manager.
    Http,
    /// Any other: it has no HTTP attributes (S-10).
    Tcp,
}

/// Where a rule stands, and for which chain it is rendered.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    pub(super) chain: Chain,
    pub(super) action: Action,
    pub(super) peer_source: PeerSource,
    pub(super) mesh: &'c Context,
    /// The namespace of the policy.
    pub(super) namespace: &'c str,
}
