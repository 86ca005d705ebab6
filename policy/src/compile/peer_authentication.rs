//! Which PeerAuthentication sets the mTLS modes of the workload (P-1 to P-3).

use std::collections::BTreeMap;

use crate::config::metadata::Metadata;
use crate::config::notice::ConfigNotice;
use crate::config::peer_authentication::{RawMode, RawPeerAuthentication};
use crate::mtls::{MtlsMode, MtlsModes};
use crate::profile::Profile;
use crate::workload::Workload;

/// A PeerAuthentication with its metadata.
pub(crate) type Candidate = (Metadata, RawPeerAuthentication);

/// For whom a PeerAuthentication speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scope {
    Mesh,
    Namespace,
    Workload,
    /// For nobody: a selector in the root namespace (P-1).
    Nobody,
    /// For others: it lies in another namespace or selects other labels.
    Others,
}

fn scope((metadata, authentication): &Candidate, root_namespace: &str, workload: &Workload) -> Scope {
    let namespace = metadata.id.namespace.as_str();
    let selector = authentication
        .selector
        .as_ref()
        .filter(|selector| !selector.match_labels.is_empty());
    match selector {
        None if namespace == root_namespace => Scope::Mesh,
        Some(_) if namespace == root_namespace => Scope::Nobody,
        None if namespace == workload.namespace => Scope::Namespace,
        Some(selector) if namespace == workload.namespace && selector.selects(&workload.labels) => {
            Scope::Workload
        }
        None | Some(_) => Scope::Others,
    }
}

/// The modes of the workload: of each scope the oldest resource, the narrowest scope that sets a mode.
pub(crate) fn compile_modes(
    candidates: &[Candidate],
    root_namespace: &str,
    workload: &Workload,
    profile: Profile,
    notices: &mut Vec<ConfigNotice>,
) -> MtlsModes {
    let mut oldest = |wanted: Scope| {
        let of_scope = |candidate: &&Candidate| scope(candidate, root_namespace, workload) == wanted;
        let mut of_scope: Vec<_> = candidates.iter().filter(of_scope).collect();
        of_scope.sort_by(|(left, _), (right, _)| left.order().cmp(&right.order()));
        notices.extend(ignored(wanted, &of_scope));
        of_scope.first().copied()
    };
    oldest(Scope::Nobody);
    let own = oldest(Scope::Workload);
    let base = [own, oldest(Scope::Namespace), oldest(Scope::Mesh)]
        .into_iter()
        .flatten()
        .find_map(|(_, authentication)| set_mode(authentication.mode))
        .unwrap_or(default_mode(profile));
    let ports = own.map(|(_, authentication)| port_modes(&authentication.port_modes, base));
    MtlsModes {
        base,
        ports: ports.unwrap_or_default(),
    }
}

/// What is to be said of one scope's candidates, the oldest first.
fn ignored(scope: Scope, candidates: &[&Candidate]) -> Vec<ConfigNotice> {
    let ids = || candidates.iter().map(|(metadata, _)| metadata.id.clone());
    match (scope, ids().next()) {
        (Scope::Nobody, _) => ids().map(ConfigNotice::SelectorInRootNamespace).collect(),
        (Scope::Mesh | Scope::Namespace | Scope::Workload, Some(winner)) => {
            let notice = |ignored| ConfigNotice::OlderOneInForce {
                ignored,
                winner: winner.clone(),
            };
            ids().skip(1).map(notice).collect()
        }
        (Scope::Others, _) | (_, None) => Vec::new(),
    }
}

fn set_mode(mode: RawMode) -> Option<MtlsMode> {
    match mode {
        RawMode::Set(mode) => Some(mode),
        RawMode::Inherit => None,
    }
}

/// What holds where no PeerAuthentication says anything (section 0).
fn default_mode(profile: Profile) -> MtlsMode {
    match profile {
        Profile::ZeroTrust => MtlsMode::Strict,
        Profile::Istio => MtlsMode::Permissive,
    }
}

fn port_modes(raw: &BTreeMap<u16, RawMode>, base: MtlsMode) -> BTreeMap<u16, MtlsMode> {
    raw.iter()
        .map(|(port, mode)| (*port, set_mode(*mode).unwrap_or(base)))
        .collect()
}
