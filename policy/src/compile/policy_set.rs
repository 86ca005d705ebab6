//! A whole plugin configuration, compiled for one workload.

use std::iter;
use std::sync::Arc;

use crate::compile::authorization_policy::compile_rules;
use crate::compile::peer_authentication::{Candidate, compile_modes};
use crate::compile::{Context, selection};
use crate::config::authorization_policy::{Action, RawAuthorizationPolicy};
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::metadata::Metadata;
use crate::config::plugin::{Mesh, NamedWorkload, RawPluginConfig};
use crate::config::resource::RawResource;
use crate::config::selector::Selector;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::rule::{Policy, Rule};
use crate::workload::Workload;

/// An AuthorizationPolicy on its way: what says whom it applies to and in which order, and its rules.
struct Compiled<'c> {
    metadata: &'c Metadata,
    selector: Option<&'c Selector>,
    action: Action,
    rules: Vec<Rule>,
}

/// Compiles every resource, so that every mistake is found, and keeps those that apply to the workload.
pub(crate) fn compile(
    config: RawPluginConfig,
    node: Option<Workload>,
    problems: &mut Problems,
) -> Option<PolicySet> {
    let RawPluginConfig {
        profile,
        mesh,
        workload,
        resources,
    } = config;
    let Mesh {
        trust_domain,
        trust_domain_aliases,
        root_namespace,
    } = mesh;
    let trust_domains = iter::once(trust_domain).chain(trust_domain_aliases).collect();
    let context = Context {
        profile,
        trust_domains,
    };
    let policies = compile_policies(&resources, &context, problems);
    let scope = Scope {
        workload: guarded_workload(workload, node, problems)?,
        root_namespace,
    };
    Some(scope.policy_set(profile, policies, &resources))
}

/// Whom policies must apply to.
struct Scope {
    workload: Workload,
    root_namespace: String,
}

impl Scope {
    fn policy_set(
        self,
        profile: Profile,
        policies: Vec<Compiled<'_>>,
        resources: &Listed<RawResource>,
    ) -> PolicySet {
        let mut notices = Vec::new();
        let authentications = peer_authentications(resources);
        let mtls = compile_modes(
            &authentications,
            &self.root_namespace,
            &self.workload,
            profile,
            &mut notices,
        );
        let mut attached: Vec<_> = policies
            .into_iter()
            .filter(|policy| self.includes(policy))
            .collect();
        attached.sort_by(|left, right| left.metadata.order().cmp(&right.metadata.order()));
        let deny = layer(&mut attached, Action::Deny);
        let allow = layer(&mut attached, Action::Allow);
        let mut rules = deny.iter().chain(&allow).flat_map(|policy| &policy.rules);
        let reads_host = rules.any(Rule::reads_host);
        PolicySet {
            profile,
            workload: Arc::new(self.workload),
            mtls,
            deny,
            allow,
            reads_host,
            notices,
        }
    }

    fn includes(&self, policy: &Compiled<'_>) -> bool {
        selection::applies(
            policy.metadata,
            policy.selector,
            &self.root_namespace,
            &self.workload,
        )
    }
}

/// Compiles every policy, those of other workloads too, and leaves out those without a name.
fn compile_policies<'c>(
    resources: &'c Listed<RawResource>,
    context: &Context,
    problems: &mut Problems,
) -> Vec<Compiled<'c>> {
    let at = FieldPath::Root.field("resources");
    let compile = |(index, resource): &'c (usize, RawResource)| match resource {
        RawResource::PeerAuthentication(..) => None,
        RawResource::AuthorizationPolicy(metadata, policy) => {
            let rules = compile_rules(policy, &at.index(*index).field("spec"), context, problems);
            let RawAuthorizationPolicy {
                selector,
                action,
                rules: _,
            } = policy;
            Some(Compiled {
                metadata: metadata.as_ref()?,
                selector: selector.as_ref(),
                action: *action,
                rules,
            })
        }
    };
    resources.iter().filter_map(compile).collect()
}

fn peer_authentications<'c>(resources: &'c Listed<RawResource>) -> Vec<Candidate<'c>> {
    let authentication = |(_, resource): &'c (usize, RawResource)| match resource {
        RawResource::AuthorizationPolicy(..) => None,
        RawResource::PeerAuthentication(metadata, authentication) => {
            Some((metadata.as_ref()?, authentication))
        }
    };
    resources.iter().filter_map(authentication).collect()
}

fn guarded_workload(
    named: NamedWorkload,
    node: Option<Workload>,
    problems: &mut Problems,
) -> Option<Workload> {
    match named {
        NamedWorkload::Here(workload) => Some(workload),
        NamedWorkload::Unreadable => None,
        NamedWorkload::ByNode => {
            if node.is_none() {
                let why =
                    "name the workload here, or run where the proxy's node metadata has NAMESPACE and LABELS";
                problems.add(&FieldPath::Root.field("workload"), ConfigErrorKind::Missing(why));
            }
            node
        }
    }
}

/// The policies of one action, in their order.
fn layer(attached: &mut Vec<Compiled<'_>>, action: Action) -> Vec<Policy> {
    attached
        .extract_if(.., |compiled| compiled.action == action)
        .map(
            |Compiled {
                 metadata,
                 selector: _,
                 action: _,
                 rules,
             }| Policy {
                id: metadata.id.clone(),
                rules,
            },
        )
        .collect()
}
