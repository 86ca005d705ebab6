//! [`ConfigNotice`]: what is valid in a configuration and still not what it looks like.

use crate::decision::PolicyId;

/// Something that an operator should know about a configuration that loaded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigNotice {
    /// In the root namespace a PeerAuthentication with a selector speaks for nobody (P-1).
    #[error("PeerAuthentication {0} is ignored: in the root namespace it must not have a selector")]
    SelectorInRootNamespace(PolicyId),
    /// The configuration says `custom: ignore`: an external authorizer serves the policy.
    #[error("AuthorizationPolicy {0} is passed over: its action is CUSTOM")]
    CustomIgnored(PolicyId),
    /// Of several PeerAuthentications for one scope the oldest is in force (P-2).
    #[error("PeerAuthentication {ignored} is ignored: {winner} is older and speaks for the same workloads")]
    OlderOneInForce {
        /// The one that is ignored.
        ignored: PolicyId,
        /// The one that is in force.
        winner: PolicyId,
    },
}
