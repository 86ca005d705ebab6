//! [`RuleSet`]: so many rules of a kind, as each contestant is told them, and what to ask of them.

use serde_json::Value;
use spiffe_authz_policy::{Document, NativeRbac};

use crate::documents::{Asked, Distribution, configuration, requests};
use crate::envoy::client::Question;
use crate::envoy::problem::Problem as _;

/// The profile that native RBAC can be rendered from, for both sides.
const PROFILE: &str = "istio";
/// How many rules, from the first to the last, a mean over the set is taken of.
const SPREAD: usize = 10;

/// So many rules of a kind.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RuleSet {
    /// What the rules look like.
    pub distribution: Distribution,
    /// How many there are.
    pub rules: usize,
}

/// Which rules allow the requests.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Aim {
    /// The last one, so that whoever walks has to walk.
    Last,
    /// Rules all over the set, in turn.
    Spread,
}

impl Aim {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last rule",
            Self::Spread => "mean over the set",
        }
    }
}

/// A request and its peer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Visit {
    /// The SPIFFE ID of the peer.
    pub peer: String,
    /// The request.
    pub question: Question,
}

impl RuleSet {
    /// The plugin configuration.
    #[must_use]
    pub fn configuration(self) -> Value {
        configuration(self.distribution, PROFILE, self.rules)
    }

    /// The native filters of the same document.
    ///
    /// # Errors
    /// When they cannot say it.
    pub fn native_rbac(self) -> Result<Vec<Value>, String> {
        let document: Document = serde_json::from_value(self.configuration()).named("the configuration")?;
        let rendered = NativeRbac::render(&document, None).named("native RBAC")?;
        Ok(rendered.http_filters)
    }

    /// Requests that are allowed, by the rules that are aimed at.
    ///
    /// # Errors
    /// When a document lacks something.
    pub fn allowed(self, aim: Aim) -> Result<Vec<Visit>, String> {
        let count = match aim {
            Aim::Last => 1,
            Aim::Spread => 2 * SPREAD,
        };
        let asked = requests(self.distribution, self.rules, count);
        asked.iter().filter(|asked| asked.is_allowed).map(visit).collect()
    }

    /// A request that is denied.
    ///
    /// # Errors
    /// When a document lacks something.
    pub fn denied(self) -> Result<Visit, String> {
        let asked = requests(self.distribution, self.rules, 2);
        let denied = asked.iter().find(|asked| !asked.is_allowed);
        visit(denied.ok_or("no request is denied")?)
    }
}

fn visit(asked: &Asked) -> Result<Visit, String> {
    let text = |pointer: &str| {
        let value = asked.request.pointer(pointer).and_then(Value::as_str);
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("a request without `{pointer}`"))
    };
    Ok(Visit {
        peer: text("/peer/spiffeId")?,
        question: Question {
            host: text("/host")?,
            path: text("/path")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principals(rules: usize) -> RuleSet {
        RuleSet {
            distribution: Distribution::Principals,
            rules,
        }
    }

    /// Envoy walks policies in the order of their names, where 10 comes before 2.
    #[test]
    fn the_last_rule_stands_in_the_last_tenth_in_the_order_of_native_rbac_too() {
        for rules in [10, 100, 1_000] {
            let visit = principals(rules).allowed(Aim::Last).unwrap().remove(0);
            let principal = visit.peer.trim_start_matches("spiffe://").to_owned();
            let filters = principals(rules).native_rbac().unwrap();
            let policies = filters[0].pointer("/typed_config/rules/policies").unwrap();
            let policies = policies.as_object().unwrap();
            let mut names: Vec<&String> = policies.keys().collect();
            names.sort();
            assert_eq!(names.len(), rules);
            let place = names
                .iter()
                .position(|name| policies[*name].to_string().contains(&principal));
            assert!(place.unwrap() >= rules * 9 / 10, "{place:?} of {rules}");
        }
    }

    #[test]
    fn a_spread_reaches_from_the_first_rule_to_the_last() {
        let visits = principals(1_000).allowed(Aim::Spread).unwrap();
        assert_eq!(visits.len(), SPREAD);
        assert_eq!(visits[0].peer, "spiffe://cluster.local/ns/n000000/sa/s000000");
        assert_eq!(visits[9].peer, "spiffe://cluster.local/ns/n000999/sa/s000999");
    }

    #[test]
    fn a_denied_request_is_none_of_the_allowed_ones() {
        for distribution in [Distribution::Principals, Distribution::Paths, Distribution::Hosts] {
            let set = RuleSet {
                distribution,
                rules: 100,
            };
            let denied = set.denied().unwrap();
            assert!(!set.allowed(Aim::Spread).unwrap().contains(&denied));
        }
    }
}
