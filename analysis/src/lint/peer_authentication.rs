//! PeerAuthentications: who may come in plaintext, and which are ignored (P-1 to P-5).

use std::collections::{BTreeMap, HashMap};

use spiffe_authz_policy::{MtlsMode, StatedMode, StatedPeerAuthentication};

use super::context::Context;
use super::{Lint, LintCode};

/// The port that is always STRICT (P-4).
const HBONE: u16 = 15008;

/// Looks at every PeerAuthentication, and for those that are missing.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    let mut first: HashMap<_, &StatedPeerAuthentication> = HashMap::new();
    for one in &context.configuration.peer_authentications {
        let scope = (&one.id.namespace, labels(one));
        if is_ignored(context, one) {
            lints.push(ignored(context, one));
            continue;
        }
        match first.get(&scope) {
            Some(other) => lints.push(second(one, other)),
            None => {
                first.insert(scope, one);
            }
        }
        open(context, one, lints);
    }
    lints.extend(missing(context));
}

fn labels(one: &StatedPeerAuthentication) -> Option<&BTreeMap<String, String>> {
    one.selector.as_ref().filter(|labels| !labels.is_empty())
}

fn is_ignored(context: &Context<'_>, one: &StatedPeerAuthentication) -> bool {
    one.id.namespace == context.configuration.root_namespace && labels(one).is_some()
}

fn ignored(context: &Context<'_>, one: &StatedPeerAuthentication) -> Lint {
    let root = &context.configuration.root_namespace;
    let message = format!(
        "PeerAuthentication {} is ignored: in the root namespace {root} one with a selector speaks for nobody",
        one.id
    );
    let at = format!("{}.spec.selector", one.at);
    let lint = Lint::new(LintCode::RootSelector, &at, message);
    lint.help("put it into the namespace of the workloads, or remove the selector to speak for the mesh")
}

fn second(one: &StatedPeerAuthentication, other: &StatedPeerAuthentication) -> Lint {
    let message = format!(
        "PeerAuthentications {} and {} speak for the same workloads: the older is in force, then the first by name",
        other.id, one.id
    );
    let lint = Lint::new(LintCode::TwoPeerAuthentications, &one.at, message);
    lint.help("keep one")
        .beside(&other.at, "speaks for the same workloads")
}

fn open(context: &Context<'_>, one: &StatedPeerAuthentication, lints: &mut Vec<Lint>) {
    let whom = whom(context, one);
    if let Some(mode) = plaintext(one.mode) {
        lints.push(left_open(mode, &format!("{}.spec.mtls.mode", one.at), &whom));
    }
    for (port, mode) in &one.port_modes {
        let at = format!("{}.spec.portLevelMtls.{port}", one.at);
        match plaintext(*mode) {
            Some(mode) if *port == HBONE => lints.push(always_strict(mode, &at)),
            Some(mode) => lints.push(left_open(mode, &at, &format!("port {port} of {whom}"))),
            None => {}
        }
    }
}

fn whom(context: &Context<'_>, one: &StatedPeerAuthentication) -> String {
    match labels(one) {
        Some(labels) => {
            let labels: Vec<_> = labels
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("{} in namespace {}", labels.join(","), one.id.namespace)
        }
        None if one.id.namespace == context.configuration.root_namespace => "the whole mesh".to_owned(),
        None => format!("namespace {}", one.id.namespace),
    }
}

fn plaintext(mode: StatedMode) -> Option<MtlsMode> {
    match mode {
        StatedMode::Set(mode @ (MtlsMode::Permissive | MtlsMode::Disable)) => Some(mode),
        StatedMode::Set(MtlsMode::Strict) | StatedMode::Inherit => None,
    }
}

fn left_open(mode: MtlsMode, at: &str, whom: &str) -> Lint {
    let what = match mode {
        MtlsMode::Disable => "takes plaintext, and offers no mTLS",
        MtlsMode::Permissive | MtlsMode::Strict => "takes plaintext beside mTLS",
    };
    let message = format!(
        "{} for {whom}: it {what}, and a peer in plaintext has no identity",
        mode.name()
    );
    let lint = Lint::new(LintCode::PlaintextOpen, at, message);
    lint.help("write `mode: STRICT` once every peer has an SVID")
}

fn always_strict(mode: MtlsMode, at: &str) -> Lint {
    let message = format!(
        "{} for port {HBONE} does nothing: HBONE is always STRICT",
        mode.name()
    );
    Lint::new(LintCode::HbonePort, at, message).help("remove it")
}

/// Profile istio takes plaintext where nothing says otherwise.
fn missing(context: &Context<'_>) -> Option<Lint> {
    let configuration = context.configuration;
    let is_set = |one: &&StatedPeerAuthentication| one.mode != StatedMode::Inherit && labels(one).is_none();
    let mut set = configuration.peer_authentications.iter().filter(is_set);
    let own = configuration
        .workload
        .as_ref()
        .map(|workload| &workload.namespace);
    let speaks = |one: &StatedPeerAuthentication| {
        one.id.namespace == configuration.root_namespace || own == Some(&one.id.namespace)
    };
    if !context.is_istio() || set.any(speaks) {
        return None;
    }
    let message = "no PeerAuthentication speaks for the mesh: in profile istio plaintext is taken wherever none says STRICT";
    let lint = Lint::new(LintCode::NoPeerAuthentication, "", message);
    let help = format!(
        "add a PeerAuthentication with `mtls: {{mode: STRICT}}` to namespace {}",
        configuration.root_namespace
    );
    Some(lint.help(help))
}
