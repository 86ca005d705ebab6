//! [`NativeRbac`]: a configuration of profile istio as the native RBAC filters of Envoy that Istio generates for it.
//!
//! For running both side by side. This reads the raw configuration and shares no matcher with the engine: what the
//! engine compares, Envoy is told to compare, field by field as Istio tells it (S-4 to S-11).
//!
//! A PeerAuthentication is not RBAC's business, which decides only what a connection that was accepted may do: it is
//! passed over. So are CUSTOM policies where the configuration says `custom: ignore`. Everything else that RBAC cannot say
//! is an error: profile zero-trust, and every extension in a policy that is attached to the workload.

mod address;
mod clause;
mod condition;
mod filters;
mod header;
mod inexpressible;
mod jwt;
mod metadata;
mod operation;
mod path;
mod peer;
mod place;
mod policy;
mod request_principal;
mod source;
mod string;

use serde_json::Value;

use crate::compile::Context;
use crate::compile::policy_set::compile;
use crate::compile::selection::Scope;
use crate::config::authorization_policy::RawAuthorizationPolicy;
use crate::config::document::Document;
use crate::config::error::{ConfigErrors, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::limits::Limits;
use crate::config::metadata::Metadata;
use crate::config::outline::{Outline, RESOURCES};
use crate::config::plugin::RawPluginConfig;
use crate::config::resource::RawResource;
use crate::policy_set::PolicySet;
use crate::rbac::filters::Policies;
use crate::rbac::peer::PeerSource;
use crate::workload::Workload;

/// Native RBAC filters, as JSON for an Envoy bootstrap, in the order in which they stand in a filter chain: AUDIT,
/// DENY, ALLOW (S-2). A layer without policies has no filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeRbac {
    /// Filters of an HTTP connection manager.
    pub http_filters: Vec<Value>,
    /// Network filters, for a chain that carries anything but HTTP (S-10).
    pub network_filters: Vec<Value>,
}

impl NativeRbac {
    /// Renders a plugin configuration. `node` is the workload that the proxy's node metadata names, used where the
    /// configuration names none.
    ///
    /// # Errors
    /// Every problem of the document, as the engine reports it, and everything in it that RBAC cannot say, each with its
    /// place.
    pub fn render(document: &Document, node: Option<Workload>) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(Limits::default());
        let outline = Outline::of(document.clone());
        let rendered =
            compile(&outline, node, &mut problems).and_then(|set| render(&set, &outline, &mut problems));
        problems.into_result(rendered)
    }
}

/// `None` after a problem with a value.
fn render(set: &PolicySet, outline: &Outline<'_>, problems: &mut Problems) -> Option<NativeRbac> {
    // What is wrong with the document has been noted when the set was compiled.
    let config = RawPluginConfig::read(outline.document(), &mut problems.another())?;
    let resources = resources(outline, &mut problems.another())?;
    let scope = Scope {
        workload: set.workload().clone(),
        root_namespace: config.mesh.root_namespace.clone(),
    };
    let attached = attached(&resources, &scope);
    inexpressible::note(config.profile, &attached, problems);
    inexpressible::note_denied(&config.svid.denied, problems);
    let policies = Policies {
        attached,
        peer_source: PeerSource::of(&scope.workload),
        mesh: Context {
            profile: set.profile(),
            trust_domains: set.trust_domains.clone(),
        },
    };
    Some(NativeRbac {
        http_filters: policies.http_filters()?,
        network_filters: policies.network_filters()?,
    })
}

/// A policy that applies to the workload, with its index among the resources.
struct Attached<'c> {
    index: usize,
    metadata: &'c Metadata,
    policy: &'c RawAuthorizationPolicy,
}

fn resources(outline: &Outline<'_>, problems: &mut Problems) -> Option<Listed<RawResource>> {
    let at = FieldPath::Root.field(RESOURCES);
    let mut resources = Listed::new();
    let read = outline.for_each_resource(|index, resource| {
        let resource = RawResource::read(resource, &at.index(index), problems);
        resources.extend(resource.map(|resource| (index, resource)));
    });
    read.ok().map(|()| resources)
}

fn attached<'c>(resources: &'c Listed<RawResource>, scope: &Scope) -> Vec<Attached<'c>> {
    let attached = |(index, resource): &'c (usize, RawResource)| match resource {
        RawResource::AuthorizationPolicy(Some(metadata), policy) if scope.includes(metadata, policy) => {
            Some(Attached {
                index: *index,
                metadata,
                policy,
            })
        }
        RawResource::AuthorizationPolicy(..) | RawResource::PeerAuthentication(..) => None,
    };
    resources.iter().filter_map(attached).collect()
}
