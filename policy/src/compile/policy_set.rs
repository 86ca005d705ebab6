//! A whole plugin configuration, compiled for one workload.

use std::cmp::Ordering;
use std::iter;
use std::sync::Arc;

use crate::attached::{Attached, DryRunEffect, DryRuns};
use crate::compile::Context;
use crate::compile::peer_authentication::compile_modes;
use crate::compile::resources::{Resources, Setting};
use crate::compile::selection::Scope;
use crate::compile::svid::compile_svid;
use crate::config::authorization_policy::Action;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::metadata::{Enforcement, Metadata};
use crate::config::outline::Outline;
use crate::config::plugin::{Mesh, NamedWorkload, RawPluginConfig};
use crate::layer::Layer;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::rule::policy::Policy;
use crate::workload::Workload;

/// A policy that applies to the workload, with what puts it into its place.
pub(crate) struct Compiled {
    pub(crate) metadata: Metadata,
    pub(crate) action: Action,
    pub(crate) policy: Policy,
}

/// Compiles every resource, so that every mistake is found, and keeps those that apply to the workload.
pub(crate) fn compile(
    outline: &Outline<'_>,
    node: Option<Workload>,
    problems: &mut Problems,
) -> Option<PolicySet> {
    let RawPluginConfig {
        profile,
        mesh,
        workload,
        custom,
        direct_remote_address_key,
        ambiguous_paths,
        svid,
        resources: place_of_resources,
    } = RawPluginConfig::read(outline.document(), problems)?;
    let context = context(profile, &mesh);
    let mut of_workload = problems.another();
    let scope = guarded_workload(workload, node, &mut of_workload).map(|workload| Scope {
        workload,
        root_namespace: mesh.root_namespace.clone(),
    });
    let setting = Setting {
        context: &context,
        scope: scope.as_ref(),
        root_namespace: &mesh.root_namespace,
        custom,
    };
    let Resources {
        policies,
        peer_authentications,
        mut notices,
        form,
        meaning,
    } = Resources::compile(outline, &setting, problems);
    problems.insert(place_of_resources, form);
    problems.append(meaning);
    problems.append(of_workload);
    let workload = scope.as_ref().map(|scope| &scope.workload);
    let svid = compile_svid(svid, profile, workload, problems);
    let scope = scope?;
    let mtls = compile_modes(
        &peer_authentications,
        &scope.root_namespace,
        &scope.workload,
        profile,
        &mut notices,
    );
    let attached = attach(policies);
    Some(PolicySet {
        profile,
        trust_domains: context.trust_domains,
        inputs: attached.inputs() | svid.inputs(profile) | mtls.inputs(),
        mtls,
        enforced_inputs: attached.enforced_inputs(),
        refused_trailers: attached.enforced_header_names(),
        attached,
        direct_remote_address_key,
        ambiguous_paths,
        svid,
        workload: Arc::new(scope.workload),
        notices,
    })
}

fn context(profile: Profile, mesh: &Mesh) -> Context {
    let Mesh {
        trust_domain,
        trust_domain_aliases,
        root_namespace: _,
    } = mesh;
    let trust_domains = iter::once(trust_domain).chain(trust_domain_aliases);
    Context {
        profile,
        trust_domains: trust_domains.cloned().collect(),
    }
}

/// The policies that apply to the workload, by what they do.
fn attach(policies: Vec<Compiled>) -> Attached {
    let mut policies = in_order(policies);
    let dry_run = dry_run(&mut policies);
    let mut layer = |action| Layer::new(layer(&mut policies, action));
    Attached {
        deny: layer(Action::Deny),
        allow: layer(Action::Allow),
        audit: layer(Action::Audit),
        dry_run: DryRuns::new(dry_run),
    }
}

/// In policy order. Numbers are sorted in the place of policies, and what compares them stands in one place alone: a sort has
/// room for many copies of either.
fn in_order(policies: Vec<Compiled>) -> Vec<Compiled> {
    let mut order: Vec<usize> = (0..policies.len()).collect();
    order.sort_by(|left, right| compare(policies.get(*left), policies.get(*right)));
    let mut policies: Vec<Option<Compiled>> = policies.into_iter().map(Some).collect();
    let take = |number: usize| policies.get_mut(number)?.take();
    order.into_iter().filter_map(take).collect()
}

#[inline(never)]
fn compare(left: Option<&Compiled>, right: Option<&Compiled>) -> Ordering {
    left.map(|compiled| compiled.metadata.order())
        .cmp(&right.map(|compiled| compiled.metadata.order()))
}

/// The policies that are not in force, in their order. AUDIT and CUSTOM policies have no dry run.
fn dry_run(attached: &mut Vec<Compiled>) -> Vec<(DryRunEffect, Policy)> {
    let effect = |action| match action {
        Action::Deny => Some(DryRunEffect::Deny),
        Action::Allow => Some(DryRunEffect::Allow),
        Action::Audit | Action::Custom => None,
    };
    attached
        .extract_if(.., |compiled| {
            compiled.metadata.enforcement == Enforcement::DryRun
        })
        .filter_map(|compiled| Some((effect(compiled.action)?, compiled.policy)))
        .collect()
}

/// The policies of one action, in their order.
fn layer(attached: &mut Vec<Compiled>, action: Action) -> Vec<Policy> {
    attached
        .extract_if(.., |compiled| compiled.action == action)
        .map(|compiled| compiled.policy)
        .collect()
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
