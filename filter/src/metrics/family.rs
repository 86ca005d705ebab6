//! [`Family`]: which counter, with every label but the policy.

use crate::metrics::policy_label::PolicyLabel;
use crate::metrics::port_label::PortLabel;
use crate::transport::Transport;

/// A counter by its name and its labels; those that are told by a policy have one more.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Family {
    /// What was judged.
    Requests {
        /// `allow` or `deny`.
        decision: &'static str,
        /// The one word that says why.
        cause: &'static str,
        /// How the peer came.
        transport: Transport,
    },
    /// What came without a certificate of the peer.
    WithoutMtls {
        /// `allow` or `deny`.
        decision: &'static str,
        /// `tls` or `plaintext`.
        transport: Transport,
        /// The local port.
        port: PortLabel,
    },
    /// What an AUDIT policy marked.
    Audited,
    /// What a dry-run policy would change.
    DryRun {
        /// `would-deny` or `would-allow`.
        result: &'static str,
    },
    /// What Istio's own dry run says.
    Shadow {
        /// `allow` or `deny`.
        action: &'static str,
        /// `allowed` or `denied`.
        result: &'static str,
    },
}

impl Family {
    pub(super) const WOULD_DENY: Self = Self::DryRun { result: "would-deny" };
    pub(super) const WOULD_ALLOW: Self = Self::DryRun {
        result: "would-allow",
    };

    /// The name of one series, as Istio writes labels into names.
    pub(super) fn series_name(self, policy: PolicyLabel<'_>) -> String {
        match self {
            Self::Requests {
                decision,
                cause,
                transport,
            } => format!(
                "spiffe_authz_requests_total.decision=.={decision};.;cause=.={cause};.;mtls=.={};.;policy=.={policy};.;",
                transport.word()
            ),
            Self::WithoutMtls {
                decision,
                transport,
                port,
            } => format!(
                "spiffe_authz_without_mtls_total.decision=.={decision};.;mtls=.={};.;port=.={port};.;",
                transport.word()
            ),
            Self::Audited => format!("spiffe_authz_audited_total.policy=.={policy};.;"),
            Self::DryRun { result } => {
                format!("spiffe_authz_dry_run_total.policy=.={policy};.;result=.={result};.;")
            }
            Self::Shadow { action, result } => {
                format!("spiffe_authz_shadow_total.action=.={action};.;result=.={result};.;")
            }
        }
    }
}
