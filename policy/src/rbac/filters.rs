//! [`Policies`]: the attached policies, layer by layer, as filters (S-2, S-8).

use serde_json::{Map, Value, json};

use crate::compile::Context;
use crate::config::authorization_policy::Action;
use crate::config::metadata::Enforcement;
use crate::decision::RuleRef;
use crate::rbac::Attached;
use crate::rbac::peer::PeerSource;
use crate::rbac::place::{Chain, Place};
use crate::rbac::policy::{is_left_out, never, policy};

/// The layers, in the order of their filters.
const LAYERS: [Action; 3] = [Action::Audit, Action::Deny, Action::Allow];

/// What is rendered.
pub(super) struct Policies<'c> {
    pub(super) attached: Vec<Attached<'c>>,
    pub(super) peer_source: PeerSource,
    pub(super) mesh: Context,
}

impl Policies<'_> {
    /// The HTTP filters; `None` after a value that means nothing.
    pub(super) fn http_filters(&self) -> Option<Vec<Value>> {
        let filter = |mut fields: Map<String, Value>| {
            let message = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";
            fields.insert("@type".to_owned(), json!(message));
            json!({"name": "envoy.filters.http.rbac", "typed_config": fields})
        };
        Some(self.layers(Chain::Http)?.into_iter().map(filter).collect())
    }

    /// The network filters; `None` after a value that means nothing.
    pub(super) fn network_filters(&self) -> Option<Vec<Value>> {
        let filter = |mut fields: Map<String, Value>| {
            let message = "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC";
            fields.insert("@type".to_owned(), json!(message));
            fields.insert("stat_prefix".to_owned(), json!("tcp."));
            json!({"name": "envoy.filters.network.rbac", "typed_config": fields})
        };
        Some(self.layers(Chain::Tcp)?.into_iter().map(filter).collect())
    }

    fn layers(&self, chain: Chain) -> Option<Vec<Map<String, Value>>> {
        let layers = LAYERS.into_iter().map(|action| self.layer(action, chain));
        let layers: Option<Vec<_>> = layers.collect();
        Some(layers?.into_iter().filter(|fields| !fields.is_empty()).collect())
    }

    /// The fields of one filter: the policies in force, and those of a dry run beside them. Nothing without either.
    fn layer(&self, action: Action, chain: Chain) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        if let Some(rules) = self.rules(action, Enforcement::Enforced, chain)? {
            fields.insert("rules".to_owned(), rules);
        }
        if let Some(rules) = self.rules(action, Enforcement::DryRun, chain)? {
            fields.insert("shadow_rules".to_owned(), rules);
            fields.insert(
                "shadow_rules_stat_prefix".to_owned(),
                json!(shadow_prefix(action)),
            );
        }
        Some(fields)
    }

    /// The rules of all policies of a layer, by their ids; `Some(None)` where no policy is in it. A layer counts as soon
    /// as a policy is there, though each of its rules may be left out (S-2).
    fn rules(&self, action: Action, enforcement: Enforcement, chain: Chain) -> Option<Option<Value>> {
        let in_layer = |attached: &&Attached<'_>| {
            attached.policy.action == action && attached.metadata.enforcement == enforcement
        };
        let mut policies = Map::new();
        let mut layer = self.attached.iter().filter(in_layer).peekable();
        if layer.peek().is_none() {
            return Some(None);
        }
        for attached in layer {
            policies.extend(self.policies(attached, chain)?);
        }
        Some(Some(json!({"action": action_name(action), "policies": policies})))
    }

    /// The rules of one policy, by their ids.
    fn policies(&self, attached: &Attached<'_>, chain: Chain) -> Option<Vec<(String, Value)>> {
        let id = |index| {
            let policy = &attached.metadata.id;
            RuleRef { policy, index }.to_string()
        };
        if attached.policy.rules.is_empty() {
            return Some(vec![(id(0), never())]);
        }
        let place = Place {
            chain,
            action: attached.policy.action,
            peer_source: self.peer_source,
            mesh: &self.mesh,
            namespace: &attached.metadata.id.namespace,
        };
        let kept = attached
            .policy
            .rules
            .iter()
            .filter(|(_, rule)| !is_left_out(rule, place));
        kept.map(|(index, rule)| Some((id(*index), policy(rule, place)?)))
            .collect()
    }
}

fn action_name(action: Action) -> &'static str {
    match action {
        Action::Allow => "ALLOW",
        Action::Deny | Action::Custom => "DENY",
        Action::Audit => "LOG",
    }
}

/// What stands before the names of a dry run's results.
fn shadow_prefix(action: Action) -> &'static str {
    match action {
        Action::Allow => "istio_dry_run_allow_",
        Action::Deny => "istio_dry_run_deny_",
        Action::Audit | Action::Custom => "",
    }
}
