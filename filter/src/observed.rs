//! What AUDIT and dry-run policies say of a request, told to the access log.
//!
//! | filter state | value |
//! |---|---|
//! | `wasm.spiffe_authz_audited` | the AUDIT policies that match, as `namespace/name`, joined by commas |
//! | `wasm.spiffe_authz_would_deny` | the dry-run policies that would deny the request, which is allowed |
//! | `wasm.spiffe_authz_would_allow` | the dry-run policies that would allow the request, which is denied |
//! | `wasm.spiffe_authz_shadow_allow` | profile istio: what the dry-run ALLOW policies alone say: `denied`, or `allowed:` and the rule that matched |
//! | `wasm.spiffe_authz_shadow_deny` | profile istio: what the dry-run DENY policies alone say: `allowed`, or `denied:` and the rule that matched |
//!
//! Rules are named as Istio names them, `ns[shop]-policy[orders]-rule[0]`. What has nothing to say is not set.

use spiffe_authz_policy::{Observations, PolicyId, RuleRef, Shadow, ShadowResult};

use crate::host::Host;
use crate::property;

/// Puts what was observed where the access log finds it. Nothing rests on it, so a failure changes nothing.
pub(crate) fn tell_access_log(host: &impl Host, observations: &Observations<'_>) {
    let Names {
        audited,
        would_deny,
        would_allow,
    } = Names::of(observations);
    let lists = [
        (property::AUDITED, audited),
        (property::WOULD_DENY, would_deny),
        (property::WOULD_ALLOW, would_allow),
    ];
    for (path, names) in lists {
        if !names.is_empty() {
            let _ = host.set_property(path, names.join(",").as_bytes());
        }
    }
    for (path, result) in shadow_results(&observations.shadow) {
        let _ = host.set_property(path, text(result).as_bytes());
    }
}

/// The policies that have something to say, as `namespace/name`.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) audited: Vec<String>,
    pub(crate) would_deny: Vec<String>,
    pub(crate) would_allow: Vec<String>,
}

impl Names {
    pub(crate) fn of(observations: &Observations<'_>) -> Self {
        let names = |policies: &[&PolicyId]| policies.iter().map(ToString::to_string).collect();
        Self {
            audited: observations
                .audited
                .iter()
                .map(|rule| rule.policy.to_string())
                .collect(),
            would_deny: names(&observations.would_deny),
            would_allow: names(&observations.would_allow),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.audited.is_empty() && self.would_deny.is_empty() && self.would_allow.is_empty()
    }
}

/// The one word for a result of Istio's dry run.
pub(crate) fn shadow_word(result: ShadowResult<'_>) -> &'static str {
    match result {
        ShadowResult::Allowed(_) => "allowed",
        ShadowResult::Denied(_) => "denied",
    }
}

fn shadow_results<'p>(shadow: &Shadow<'p>) -> impl Iterator<Item = (&'static str, ShadowResult<'p>)> {
    let Shadow { deny, allow } = shadow;
    let results = [(property::SHADOW_ALLOW, *allow), (property::SHADOW_DENY, *deny)];
    results
        .into_iter()
        .filter_map(|(path, result)| Some((path, result?)))
}

fn text(result: ShadowResult<'_>) -> String {
    let word = shadow_word(result);
    rule_of(result).map_or_else(|| word.to_owned(), |rule| format!("{word}:{rule}"))
}

fn rule_of(result: ShadowResult<'_>) -> Option<RuleRef<'_>> {
    match result {
        ShadowResult::Allowed(rule) | ShadowResult::Denied(rule) => rule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;

    fn policy(name: &str) -> PolicyId {
        PolicyId {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
        }
    }

    const PATHS: [&str; 5] = [
        property::AUDITED,
        property::WOULD_DENY,
        property::WOULD_ALLOW,
        property::SHADOW_ALLOW,
        property::SHADOW_DENY,
    ];

    fn told(host: &FakeHost) -> [Option<String>; 5] {
        PATHS.map(|path| host.state(path).map(|bytes| String::from_utf8(bytes).unwrap()))
    }

    #[test]
    fn every_list_and_result_has_a_filter_state_of_its_own() {
        let (a, b) = (policy("a"), policy("b"));
        let rule = RuleRef { policy: &a, index: 3 };
        let other = RuleRef { policy: &b, index: 0 };
        let observations = Observations {
            audited: vec![rule, other],
            would_deny: vec![&a, &b],
            would_allow: vec![&b],
            shadow: Shadow {
                deny: Some(ShadowResult::Denied(Some(rule))),
                allow: Some(ShadowResult::Denied(None)),
            },
        };
        let host = FakeHost::new();
        tell_access_log(&host, &observations);
        let expected = [
            "shop/a,shop/b",
            "shop/a,shop/b",
            "shop/b",
            "denied",
            "denied:ns[shop]-policy[a]-rule[3]",
        ];
        assert_eq!(told(&host), expected.map(|text| Some(text.to_owned())));
    }

    #[test]
    fn an_allowing_rule_of_a_dry_run_names_itself() {
        let a = policy("a");
        let rule = RuleRef { policy: &a, index: 1 };
        let host = FakeHost::new();
        let observations = Observations {
            shadow: Shadow {
                deny: Some(ShadowResult::Allowed(None)),
                allow: Some(ShadowResult::Allowed(Some(rule))),
            },
            ..Observations::default()
        };
        tell_access_log(&host, &observations);
        let [_, _, _, allow, deny] = told(&host);
        assert_eq!(allow.unwrap(), "allowed:ns[shop]-policy[a]-rule[1]");
        assert_eq!(deny.unwrap(), "allowed");
    }

    #[test]
    fn what_has_nothing_to_say_costs_no_hostcall() {
        let host = FakeHost::new();
        tell_access_log(&host, &Observations::default());
        assert_eq!(host.calls(), 0);
    }

    #[test]
    fn a_host_that_takes_one_state_less_gets_the_others() {
        let a = policy("a");
        let host = FakeHost::new();
        host.refuse_property(property::AUDITED, HostError::Status(2));
        let rule = RuleRef { policy: &a, index: 0 };
        let observations = Observations {
            audited: vec![rule],
            would_deny: vec![&a],
            ..Observations::default()
        };
        tell_access_log(&host, &observations);
        assert_eq!(host.state(property::WOULD_DENY).unwrap(), b"shop/a");
    }
}
