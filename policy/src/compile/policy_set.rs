//! A whole plugin configuration, compiled for one workload.

use std::iter;
use std::sync::Arc;

use crate::compile::Context;
use crate::compile::attach::attach;
use crate::compile::peer_authentication::compile_modes;
use crate::compile::resources::{Resources, Setting};
use crate::compile::selection::Scope;
use crate::compile::svid::compile_svid;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::outline::Outline;
use crate::config::plugin::{Mesh, NamedWorkload, RawPluginConfig};
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::workload::Workload;

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
        audit,
        svid,
        resources: place_of_resources,
    } = RawPluginConfig::read(outline.document(), problems)?;
    let context = context(profile, &mesh);
    let mut of_workload = problems.another();
    let scope = scope(&mesh, guarded_workload(workload, node, &mut of_workload));
    let setting = Setting {
        context: &context,
        scope: scope.as_ref(),
        root_namespace: &mesh.root_namespace,
        custom,
    };
    let mut resources = Resources::compile(outline, &setting, problems);
    problems.insert(place_of_resources, resources.form);
    problems.append(resources.meaning);
    problems.append(of_workload);
    let workload = scope.as_ref().map(|scope| &scope.workload);
    let svid = compile_svid(svid, profile, workload, problems);
    let scope = scope?;
    let mtls = compile_modes(
        &resources.peer_authentications,
        &scope.root_namespace,
        &scope.workload,
        profile,
        &mut resources.notices,
    );
    let attached = attach(resources.policies);
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
        audit,
        svid,
        workload: Arc::new(scope.workload),
        notices: resources.notices,
    })
}

/// Where policies are looked for; nowhere, as long as the workload is not known.
fn scope(mesh: &Mesh, workload: Option<Workload>) -> Option<Scope> {
    workload.map(|workload| Scope {
        workload,
        root_namespace: mesh.root_namespace.clone(),
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
