//! [`StatedConfiguration`]: what a configuration says, in the words of its author.
//!
//! For lints, comparisons and explanations. Nothing is judged here: what a configuration *does* is for
//! [`PolicySet::decide`](crate::PolicySet::decide) to say. Every part has its place in the document, in the form that
//! [`ConfigError::at`](crate::ConfigError) has.

mod clause;
mod key;
mod peer_authentication;
mod policy;
mod reach;
mod rule;

use std::collections::BTreeMap;

use crate::compile::Context;
use crate::compile::policy_set::compile;
use crate::compile::principal::spellings;
use crate::compile::selection::Scope;
use crate::config::document::Document;
use crate::config::error::{ConfigErrors, Problems};
use crate::config::field_path::FieldPath;
use crate::config::limits::Limits;
use crate::config::notice::ConfigNotice;
use crate::config::outline::{Outline, RESOURCES};
use crate::config::plugin::{NamedWorkload, RawPluginConfig};
use crate::config::resource::RawResource;
use crate::profile::Profile;
use crate::trust_domain::TrustDomain;
use crate::workload::Workload;

pub use clause::{StatedClause, StatedValue, ValueForm};
pub use key::StatedKey;
pub use peer_authentication::{StatedMode, StatedPeerAuthentication};
pub use policy::{StatedAction, StatedException, StatedPolicy, StatedTarget};
pub use reach::SidecarSelection;
pub use rule::{StatedAlternative, StatedRule};

/// A configuration that is valid for some workload, as it is written.
#[derive(Clone, Debug)]
pub struct StatedConfiguration {
    /// The profile.
    pub profile: Profile,
    /// The trust domain of the mesh.
    pub trust_domain: TrustDomain,
    /// Its other names.
    pub trust_domain_aliases: Vec<TrustDomain>,
    /// The namespace whose policies hold for the whole mesh.
    pub root_namespace: String,
    /// The workload, where the configuration names one.
    pub workload: Option<Workload>,
    /// Every AuthorizationPolicy, for whatever workload, in the order of the document.
    pub policies: Vec<StatedPolicy>,
    /// Every PeerAuthentication, likewise.
    pub peer_authentications: Vec<StatedPeerAuthentication>,
    /// What the engine has to say of it.
    pub notices: Vec<ConfigNotice>,
}

impl StatedConfiguration {
    /// Reads a configuration that names its workload or none: every resource is checked as the engine checks it.
    ///
    /// # Errors
    /// Every problem of the document, as [`PolicySet::from_document`](crate::PolicySet::from_document) reports it.
    pub fn read(document: &Document) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(Limits::default());
        let outline = Outline::of(document.clone());
        let set = compile(&outline, Some(anywhere()), &mut problems);
        // What is wrong has been noted when the set was compiled.
        let raw = RawPluginConfig::read(outline.document(), &mut problems.another());
        let stated = set
            .zip(raw)
            .map(|(set, raw)| Self::of(raw, &outline, set.notices));
        problems.into_result(stated)
    }

    fn of(raw: RawPluginConfig, outline: &Outline<'_>, notices: Vec<ConfigNotice>) -> Self {
        let mut stated = Self {
            profile: raw.profile,
            trust_domain: raw.mesh.trust_domain,
            trust_domain_aliases: raw.mesh.trust_domain_aliases,
            root_namespace: raw.mesh.root_namespace,
            workload: match raw.workload {
                NamedWorkload::Here(workload) => Some(workload),
                NamedWorkload::ByNode | NamedWorkload::Unreadable => None,
            },
            policies: Vec::new(),
            peer_authentications: Vec::new(),
            notices,
        };
        // The outline was read from a tree, which has its resources at hand.
        let _ = outline.for_each_resource(|index, resource| stated.add(index, resource));
        stated
    }

    fn add(&mut self, index: usize, document: &Document) {
        let at = FieldPath::Root.field(RESOURCES);
        let at = at.index(index);
        let mut noted = Problems::new(Limits::default());
        match RawResource::read(document, &at, &mut noted) {
            Some(RawResource::AuthorizationPolicy(Some(metadata), raw)) => {
                self.policies.push(StatedPolicy::new(index, &at, metadata, raw));
            }
            Some(RawResource::PeerAuthentication(Some(metadata), raw)) => {
                let stated = StatedPeerAuthentication::new(index, &at, metadata, raw);
                self.peer_authentications.push(stated);
            }
            Some(RawResource::AuthorizationPolicy(None, _) | RawResource::PeerAuthentication(None, _))
            | None => {}
        }
    }

    /// Whether the policy applies to the workload (S-1).
    #[must_use]
    pub fn applies(&self, policy: &StatedPolicy, workload: &Workload) -> bool {
        let scope = Scope {
            workload: workload.clone(),
            root_namespace: self.root_namespace.clone(),
        };
        scope.includes(&policy.metadata, &policy.raw)
    }

    /// What a value of `principals` is compared as, behind `spiffe://`: under each trust domain of the mesh where it
    /// names one (S-11), as it stands otherwise.
    #[must_use]
    pub fn spellings(&self, principal: &str) -> Vec<String> {
        let own = std::iter::once(&self.trust_domain).chain(&self.trust_domain_aliases);
        let mesh = Context {
            profile: self.profile,
            trust_domains: own.cloned().collect(),
        };
        spellings(principal, &mesh)
    }
}

/// A workload that the policies are checked for where none is named. No resource is checked for being attached.
fn anywhere() -> Workload {
    Workload {
        namespace: String::new(),
        labels: BTreeMap::new(),
        waypoint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn stated(resources: &str) -> StatedConfiguration {
        let text = format!(r#"{{"resources": [{resources}]}}"#);
        StatedConfiguration::read(&Document::from_json(text.as_bytes(), Limits::default()).unwrap()).unwrap()
    }

    const POLICY: &str = r#"{
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"action": "DENY", "selector": {"matchLabels": {"app": "orders"}}, "rules": [
            {"to": [{"operation": {"ports": ["80"]}}]},
            {"from": [{"source": {"namespaces": ["a"], "notPrincipals": ["b", "c"]}}],
             "to": [{"operation": {"paths": ["/x"], "pathRegexes": ["/y+"], "ignoreCase": true}}],
             "when": [{"key": "request.headers[X-A]", "values": ["v"], "notRegexes": ["w"]},
                      {"key": "source.principal", "notValues": ["d"]}]}
        ]}}"#;

    #[test]
    fn each_value_has_its_place_its_key_and_its_form() {
        let configuration = stated(POLICY);
        let policy = configuration.policies.first().unwrap();
        let rule = policy.rules.get(1).unwrap();
        let mut values = Vec::new();
        for clause in rule.clauses() {
            for (sign, list) in [('+', &clause.any_of), ('-', &clause.none_of)] {
                for value in list {
                    values.push(format!(
                        "{sign}{} {:?} {} @{}",
                        clause.key, value.form, value.text, value.at
                    ));
                }
            }
        }
        let rule = "resources[0].spec.rules[1]";
        let expected = [
            format!("-principals Text b @{rule}.from[0].source.notPrincipals[0]"),
            format!("-principals Text c @{rule}.from[0].source.notPrincipals[1]"),
            format!("+namespaces Text a @{rule}.from[0].source.namespaces[0]"),
            format!("+paths Text /x @{rule}.to[0].operation.paths[0]"),
            format!("+paths Regex /y+ @{rule}.to[0].operation.pathRegexes[0]"),
            format!("+request.headers[x-a] Text v @{rule}.when[0].values[0]"),
            format!("-request.headers[x-a] Regex w @{rule}.when[0].notRegexes[0]"),
            format!("-principals Text d @{rule}.when[1].notValues[0]"),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_policy_says_what_it_does_and_to_whom() {
        let configuration = stated(POLICY);
        let policy = configuration.policies.first().unwrap();
        assert_eq!(policy.action, StatedAction::Deny);
        assert_eq!((policy.at.as_str(), policy.index), ("resources[0]", 0));
        let mut workload = anywhere();
        workload.namespace = "shop".to_owned();
        assert!(!configuration.applies(policy, &workload));
        workload.labels.insert("app".to_owned(), "orders".to_owned());
        assert!(configuration.applies(policy, &workload));
    }

    #[test]
    fn a_principal_of_the_mesh_is_spelled_under_each_of_its_trust_domains() {
        let text = r#"{"mesh": {"trustDomain": "shop.example", "trustDomainAliases": ["old.example"]}, "resources": []}"#;
        let document = Document::from_json(text.as_bytes(), Limits::default()).unwrap();
        let configuration = StatedConfiguration::read(&document).unwrap();
        let both = ["old.example/ns/a/sa/b", "shop.example/ns/a/sa/b"];
        assert_eq!(configuration.spellings("cluster.local/ns/a/sa/b"), both);
        assert_eq!(
            configuration.spellings("other.example/ns/a/sa/b"),
            ["other.example/ns/a/sa/b"]
        );
    }

    #[test]
    fn what_the_engine_refuses_is_refused_and_a_missing_workload_is_not() {
        let text = r#"{"resources": [{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "a", "namespace": "b"}, "spec": {"rules": [{"to": [{"operation": {"ports": ["x"]}}]}]}}]}"#;
        let document = Document::from_json(text.as_bytes(), Limits::default()).unwrap();
        let errors = StatedConfiguration::read(&document).unwrap_err();
        let places: Vec<&str> = errors.iter().map(|error| error.at.as_str()).collect();
        assert_eq!(places, ["resources[0].spec.rules[0].to[0].operation.ports[0]"]);
        assert!(stated("").workload.is_none());
    }
}
