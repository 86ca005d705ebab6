//! The policy engine as a library, in this process.

use spiffe_authz_policy::{Decision, PolicyId, PolicySet, RequestDocument};

use crate::corpus::{Case, PluginConfiguration};
use crate::engine::Engine;
use crate::problem::Problem;
use crate::verdict::{Effect, Verdict};

/// `PolicySet` itself.
pub struct Native;

impl Engine for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn cannot_run(&self, _configuration: &PluginConfiguration, _case: &Case) -> Option<&'static str> {
        None
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        let policies = PolicySet::from_plugin_configuration(configuration.json.as_bytes(), None)
            .map_err(|errors| errors.to_string())?;
        Ok(judge(&policies, &case.request))
    }

    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        match PolicySet::from_plugin_configuration(configuration.json.as_bytes(), None) {
            Ok(_) => Err("the configuration is accepted".to_owned()),
            Err(errors) => Ok(errors
                .iter()
                .map(|error| Problem {
                    at: error.at.clone(),
                    message: error.kind.to_string(),
                })
                .collect()),
        }
    }
}

/// What the engine says about one request.
#[must_use]
pub fn judge(policies: &PolicySet, request: &RequestDocument) -> Verdict {
    request.with_request(|request| {
        let observations = policies.observe(request);
        Verdict {
            audited: names(observations.audited.iter().map(|rule| rule.policy)),
            would_deny: names(observations.would_deny),
            would_allow: names(observations.would_allow),
            ..verdict(&policies.decide(request))
        }
    })
}

fn names<'p>(ids: impl IntoIterator<Item = &'p PolicyId>) -> Vec<String> {
    ids.into_iter().map(PolicyId::to_string).collect()
}

fn verdict(decision: &Decision<'_>) -> Verdict {
    let rule = decision.rule();
    let effect = match decision {
        Decision::Allow(_) => Effect::Allow,
        Decision::Deny(_) => Effect::Deny,
    };
    Verdict {
        policy: rule.map(|rule| rule.policy.to_string()),
        rule: rule.map(|rule| rule.index),
        ..Verdict::new(effect, decision.code())
    }
}
