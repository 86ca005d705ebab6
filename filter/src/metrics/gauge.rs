//! [`Gauge`]: every gauge by its name.

use crate::metrics::rejection::Rejection;

/// A gauge.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Gauge {
    /// ALLOW and DENY policies in force.
    PoliciesLoaded,
    /// Dry-run policies in force.
    DryRunPoliciesLoaded,
    /// Rules of all policies in force.
    RulesLoaded,
    /// Policies in force that the label `policy` does not name.
    PoliciesWithoutLabel,
    /// The first 52 bits of the SHA-256 of the configuration in force.
    ConfigurationHash,
    /// When it was taken, in seconds since 1970.
    ConfigurationLoaded,
    /// 1 where the last configuration was rejected for this reason.
    ConfigurationRejected(Rejection),
    /// Whether the proxy shows the certificates of its peers.
    PeerCertificateShown,
}

impl Gauge {
    pub(super) fn name(self) -> String {
        match self {
            Self::PoliciesLoaded => "spiffe_authz_policies_loaded".to_owned(),
            Self::DryRunPoliciesLoaded => "spiffe_authz_dry_run_policies_loaded".to_owned(),
            Self::RulesLoaded => "spiffe_authz_rules_loaded".to_owned(),
            Self::PoliciesWithoutLabel => "spiffe_authz_policies_without_label".to_owned(),
            Self::ConfigurationHash => "spiffe_authz_configuration_hash".to_owned(),
            Self::ConfigurationLoaded => "spiffe_authz_configuration_loaded_timestamp_seconds".to_owned(),
            Self::ConfigurationRejected(reason) => {
                format!(
                    "spiffe_authz_configuration_rejected.reason=.={};.;",
                    reason.word()
                )
            }
            Self::PeerCertificateShown => "spiffe_authz_peer_certificate_shown".to_owned(),
        }
    }
}
