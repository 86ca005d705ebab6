//! [`FilterReport`]: what the filter leaves behind for the access log, and the verdict in it.

use crate::error::SimulationError;
use crate::verdict::{Effect, Verdict};

/// The key of the filter state that opens the interlock.
pub const INTERLOCK: &str = "wasm.spiffe_authz";
/// The key of the filter state with the decision.
pub const DECISION: &str = "wasm.spiffe_authz_decision";
/// The key of the filter state with the cause.
pub const CAUSE: &str = "wasm.spiffe_authz_cause";
/// The key of the filter state with the policy; empty where none decided.
pub const POLICY: &str = "wasm.spiffe_authz_policy";
/// The key of the filter state with the rule; empty where none decided.
pub const RULE: &str = "wasm.spiffe_authz_rule";

/// The key of the filter state with the AUDIT policies that mark the request; absent where none does.
pub const AUDITED: &str = "wasm.spiffe_authz_audited";
/// The key of the filter state with the dry-run policies that would have denied.
pub const WOULD_DENY: &str = "wasm.spiffe_authz_would_deny";
/// The key of the filter state with the dry-run policies that would have allowed.
pub const WOULD_ALLOW: &str = "wasm.spiffe_authz_would_allow";

/// The filter state of one request or connection, and the response code details of a denied one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FilterReport {
    /// The state of the interlock.
    pub interlock: Option<String>,
    /// `allow` or `deny`.
    pub decision: Option<String>,
    /// The one word that says why.
    pub cause: Option<String>,
    /// The policy that decided.
    pub policy: Option<String>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// The AUDIT policies that mark it, with commas between them.
    pub audited: Option<String>,
    /// The dry-run policies that would have denied it, likewise.
    pub would_deny: Option<String>,
    /// The dry-run policies that would have allowed it, likewise.
    pub would_allow: Option<String>,
}

impl FilterReport {
    /// The verdict on a request. `details` are the response code details of one that the filter answered, and absent
    /// for one that went on.
    ///
    /// # Errors
    /// When a part is missing, or parts contradict each other.
    pub fn verdict(self, details: Option<&str>) -> Result<Verdict, SimulationError> {
        let shown = format!("{self:?} with details {details:?}");
        let verdict = self.judged("allow")?;
        let expected = match verdict.decision {
            Effect::Allow => None,
            Effect::Deny => Some(denial_details(&verdict)),
        };
        if details != expected.as_deref() {
            return Err(SimulationError::Contradiction { report: shown });
        }
        Ok(verdict)
    }

    /// The verdict on a connection, which has no response code details.
    ///
    /// # Errors
    /// When a part is missing, or parts contradict each other.
    pub fn connection_verdict(self) -> Result<Verdict, SimulationError> {
        self.judged("allow-connection")
    }

    /// The verdict; `word` opens the interlock.
    fn judged(self, word: &str) -> Result<Verdict, SimulationError> {
        let shown = format!("{self:?}");
        let (Some(decision), Some(cause)) = (self.decision, self.cause) else {
            return Err(SimulationError::NoDecision { report: shown });
        };
        let rule = self.rule.map(rule_number).transpose()?;
        let verdict = Verdict {
            policy: self.policy,
            rule,
            audited: policies(self.audited.as_deref()),
            would_deny: policies(self.would_deny.as_deref()),
            would_allow: policies(self.would_allow.as_deref()),
            ..Verdict::new(Effect::from_word(&decision)?, &cause)
        };
        let interlock = match verdict.decision {
            Effect::Allow => Some(word),
            Effect::Deny => None,
        };
        if self.interlock.as_deref() != interlock {
            return Err(SimulationError::Contradiction { report: shown });
        }
        Ok(verdict)
    }
}

fn rule_number(text: String) -> Result<usize, SimulationError> {
    text.parse().map_err(|_| SimulationError::NoSuch {
        what: "rule number",
        text,
    })
}

/// The filter leaves no empty state.
fn policies(state: Option<&str>) -> Vec<String> {
    state.map_or_else(Vec::new, |state| state.split(',').map(str::to_owned).collect())
}

/// What `%RESPONSE_CODE_DETAILS%` must show for a denial: Istio's form where policies decided.
fn denial_details(verdict: &Verdict) -> String {
    match (verdict.cause.as_str(), &verdict.policy, verdict.rule) {
        ("matched-deny", Some(policy), Some(rule)) => {
            let (namespace, name) = policy.split_once('/').unwrap_or((policy, ""));
            format!("rbac_access_denied_matched_policy[ns[{namespace}]-policy[{name}]-rule[{rule}]]")
        }
        ("no-matching-allow" | "no-allow-policy", _, _) => {
            "rbac_access_denied_matched_policy[none]".to_owned()
        }
        (cause, _, _) => format!("spiffe_authz_denied[{cause}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(interlock: Option<&str>, decision: &str, cause: &str) -> FilterReport {
        let text = |text: &str| Some(text.to_owned());
        FilterReport {
            interlock: interlock.map(str::to_owned),
            decision: text(decision),
            cause: text(cause),
            policy: text("shop/orders"),
            rule: text("2"),
            ..FilterReport::default()
        }
    }

    #[test]
    fn the_policies_of_an_observation_stand_between_commas() {
        let report = FilterReport {
            audited: Some("shop/a,shop/b".to_owned()),
            ..report(Some("allow"), "allow", "matched-allow")
        };
        let verdict = report.verdict(None).unwrap();
        assert_eq!(verdict.audited, ["shop/a", "shop/b"]);
        assert!(verdict.would_deny.is_empty());
    }

    #[test]
    fn an_allowed_request_has_an_open_interlock_and_no_details() {
        assert!(
            report(Some("allow"), "allow", "matched-allow")
                .verdict(None)
                .is_ok()
        );
        assert!(report(None, "allow", "matched-allow").verdict(None).is_err());
        assert!(
            report(Some("allow"), "allow", "matched-allow")
                .verdict(Some("x"))
                .is_err()
        );
    }

    #[test]
    fn a_denied_request_has_a_closed_interlock_and_the_rule_in_its_details() {
        let details = Some("rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[2]]");
        assert!(report(None, "deny", "matched-deny").verdict(details).is_ok());
        assert!(
            report(Some("allow"), "deny", "matched-deny")
                .verdict(details)
                .is_err()
        );
        assert!(report(None, "deny", "matched-deny").verdict(None).is_err());
    }
}
