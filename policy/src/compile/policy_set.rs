//! A whole plugin configuration, compiled for one workload.

use std::sync::Arc;

use crate::compile::authorization_policy::compile_rules;
use crate::compile::peer_authentication::{Candidate, compile_modes};
use crate::compile::{Context, selection};
use crate::config::authorization_policy::{Action, RawAuthorizationPolicy};
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::metadata::Metadata;
use crate::config::plugin::{NamedWorkload, RawPluginConfig};
use crate::config::resource::RawResource;
use crate::policy_set::PolicySet;
use crate::rule::{Policy, Rule};
use crate::workload::Workload;

/// An AuthorizationPolicy on its way: its metadata for the order, then what it compiled to.
struct Compiled<'c> {
    metadata: &'c Metadata,
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
    let trust_domains = std::iter::once(mesh.trust_domain).chain(mesh.trust_domain_aliases);
    let context = Context {
        profile,
        trust_domains: trust_domains.collect(),
    };
    let workload = guarded_workload(workload, node, problems);
    let mut attached = Vec::new();
    let mut authentications: Vec<Candidate<'_>> = Vec::new();
    for (index, resource) in resources.iter().enumerate() {
        match resource {
            RawResource::AuthorizationPolicy(metadata, policy) => {
                let compiled = compile_policy(index, (metadata, policy), &context, problems);
                let applies = workload.as_ref().is_some_and(|workload| {
                    selection::applies(metadata, policy.selector.as_ref(), &mesh.root_namespace, workload)
                });
                attached.extend(applies.then_some(compiled));
            }
            RawResource::PeerAuthentication(metadata, authentication) => {
                authentications.push((metadata, authentication));
            }
        }
    }
    let workload = workload?;
    let mut notices = Vec::new();
    let mtls = compile_modes(
        &authentications,
        &mesh.root_namespace,
        &workload,
        profile,
        &mut notices,
    );
    attached.sort_by(|left, right| left.metadata.order().cmp(&right.metadata.order()));
    let deny = layer(&mut attached, Action::Deny);
    let allow = layer(&mut attached, Action::Allow);
    let reads_host = deny
        .iter()
        .chain(&allow)
        .flat_map(|policy| &policy.rules)
        .any(Rule::reads_host);
    Some(PolicySet {
        profile,
        workload: Arc::new(workload),
        mtls,
        deny,
        allow,
        reads_host,
        notices,
    })
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

fn compile_policy<'c>(
    index: usize,
    (metadata, policy): (&'c Metadata, &RawAuthorizationPolicy),
    context: &Context,
    problems: &mut Problems,
) -> Compiled<'c> {
    let resources = FieldPath::Root.field("resources");
    let resource = resources.index(index);
    let rules = compile_rules(policy, &resource.field("spec"), context, problems);
    Compiled {
        metadata,
        action: policy.action,
        rules,
    }
}

/// The policies of one action, in their order.
fn layer(attached: &mut Vec<Compiled<'_>>, action: Action) -> Vec<Policy> {
    attached
        .extract_if(.., |compiled| compiled.action == action)
        .map(
            |Compiled {
                 metadata,
                 action: _,
                 rules,
             }| Policy {
                id: metadata.id.clone(),
                rules,
            },
        )
        .collect()
}
