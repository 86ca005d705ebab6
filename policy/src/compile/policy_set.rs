//! A whole plugin configuration, compiled for one workload.

use std::iter;
use std::sync::Arc;

use crate::attached::{Attached, DryRunEffect, DryRuns};
use crate::compile::authorization_policy::compile_rules;
use crate::compile::exception::Liftable;
use crate::compile::peer_authentication::{Candidate, compile_modes};
use crate::compile::selection::Scope;
use crate::compile::svid::compile_svid;
use crate::compile::{Context, PolicyContext, custom};
use crate::config::authorization_policy::{Action, RawAuthorizationPolicy};
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::metadata::{Enforcement, Metadata};
use crate::config::plugin::{Mesh, NamedWorkload, RawPluginConfig};
use crate::config::resource::RawResource;
use crate::layer::Layer;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::rule::policy::Policy;
use crate::workload::Workload;

/// An AuthorizationPolicy on its way: what says whom it applies to and in which order, and what it means.
struct Compiled<'c> {
    metadata: &'c Metadata,
    raw: &'c RawAuthorizationPolicy,
    policy: Policy,
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
        custom,
        direct_remote_address_key,
        ambiguous_paths,
        svid,
        resources,
    } = config;
    let context = context(profile, &mesh);
    let liftable = Liftable::new(&resources, &mesh.root_namespace);
    let policies = compile_policies(&resources, &context, &liftable, problems);
    let mut notices = custom::pass_over(&resources, custom, problems);
    let workload = guarded_workload(workload, node, problems);
    let svid = compile_svid(svid, profile, workload.as_ref(), problems);
    let scope = Scope {
        workload: workload?,
        root_namespace: mesh.root_namespace.clone(),
    };
    let mtls = compile_modes(
        &peer_authentications(&resources),
        &scope.root_namespace,
        &scope.workload,
        profile,
        &mut notices,
    );
    let attached = attach(policies, &scope);
    Some(PolicySet {
        profile,
        trust_domains: context.trust_domains,
        mtls,
        inputs: attached.inputs() | svid.inputs(profile),
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

/// Compiles every policy, those of other workloads too, and leaves out those without a name.
fn compile_policies<'c>(
    resources: &'c Listed<RawResource>,
    context: &Context,
    liftable: &Liftable<'_>,
    problems: &mut Problems,
) -> Vec<Compiled<'c>> {
    let at = FieldPath::Root.field("resources");
    let compile = |(index, resource): &'c (usize, RawResource)| match resource {
        RawResource::PeerAuthentication(..) => None,
        RawResource::AuthorizationPolicy(metadata, raw) => {
            let at = at.index(*index);
            let at = at.field("spec");
            compile_policy(metadata.as_ref(), raw, &at, (context, liftable), problems)
        }
    };
    resources.iter().filter_map(compile).collect()
}

/// Compiles one policy; `at` is its `spec`. Without metadata its values are checked all the same.
fn compile_policy<'c>(
    metadata: Option<&'c Metadata>,
    raw: &'c RawAuthorizationPolicy,
    at: &FieldPath<'_>,
    (mesh, liftable): (&Context, &Liftable<'_>),
    problems: &mut Problems,
) -> Option<Compiled<'c>> {
    let namespace = metadata.map_or("", |metadata| metadata.id.namespace.as_str());
    let rules = compile_rules(raw, at, PolicyContext { mesh, namespace }, problems);
    let metadata = metadata?;
    let exception = raw.exception.as_ref().map(|exception| {
        let at = at.field("exception");
        liftable.compile(exception, metadata, &at, problems)
    });
    let policy = Policy {
        id: metadata.id.clone(),
        rules,
        exception,
        deny_response: raw.deny_response.clone(),
    };
    Some(Compiled {
        metadata,
        raw,
        policy,
    })
}

/// The policies that apply to the workload, by what they do.
fn attach(mut policies: Vec<Compiled<'_>>, scope: &Scope) -> Attached {
    policies.retain(|compiled| scope.includes(compiled.metadata, compiled.raw));
    policies.sort_by(|left, right| left.metadata.order().cmp(&right.metadata.order()));
    let dry_run = dry_run(&mut policies);
    let mut layer = |action| Layer::new(layer(&mut policies, action));
    Attached {
        deny: layer(Action::Deny),
        allow: layer(Action::Allow),
        audit: layer(Action::Audit),
        dry_run: DryRuns::new(dry_run),
    }
}

/// The policies that are not in force, in their order. AUDIT and CUSTOM policies have no dry run.
fn dry_run(attached: &mut Vec<Compiled<'_>>) -> Vec<(DryRunEffect, Policy)> {
    let effect = |action| match action {
        Action::Deny => Some(DryRunEffect::Deny),
        Action::Allow => Some(DryRunEffect::Allow),
        Action::Audit | Action::Custom => None,
    };
    attached
        .extract_if(.., |compiled| {
            compiled.metadata.enforcement == Enforcement::DryRun
        })
        .filter_map(|compiled| Some((effect(compiled.raw.action)?, compiled.policy)))
        .collect()
}

/// The policies of one action, in their order.
fn layer(attached: &mut Vec<Compiled<'_>>, action: Action) -> Vec<Policy> {
    attached
        .extract_if(.., |compiled| compiled.raw.action == action)
        .map(|compiled| compiled.policy)
        .collect()
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
