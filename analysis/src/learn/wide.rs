//! [`wide`]: where learned policies admit more than a reader may expect.

use std::collections::{BTreeMap, BTreeSet};

use crate::learn::{Access, LearnedPeer, LearnedPolicy, Operation, Place, Sighting, Template};

/// How many methods on one path are worth a word.
const MANY_METHODS: usize = 4;

/// One thing that is worth a look before the policies are applied.
#[derive(Clone, Debug)]
pub enum Wide {
    /// The policy has no labels: it holds for every workload of the namespace.
    WholeNamespace,
    /// A path stands for more than was seen.
    Template(Template),
    /// A peer used many methods on one path.
    ManyMethods {
        /// Who.
        peer: LearnedPeer,
        /// The path.
        path: String,
        /// The methods.
        methods: BTreeSet<String>,
    },
    /// A peer of another trust domain.
    AnotherTrustDomain(LearnedPeer),
    /// A peer without an identity is admitted by its address.
    WithoutIdentity(LearnedPeer),
    /// The log does not say the port: the rule holds on each.
    AnyPort {
        /// How many accesses.
        accesses: usize,
    },
    /// Connections that carry anything and requests were seen on one port: a rule for the one admits the other.
    ConnectionsAndRequests {
        /// The port.
        port: u16,
    },
    /// It was seen seldom.
    Seldom {
        /// What.
        access: Access,
        /// How often.
        count: u64,
        /// Where first.
        place: Place,
    },
}

impl Wide {
    /// The word for it in reports.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WholeNamespace => "whole-namespace",
            Self::Template(_) => "template",
            Self::ManyMethods { .. } => "many-methods",
            Self::AnotherTrustDomain(_) => "another-trust-domain",
            Self::WithoutIdentity(_) => "without-identity",
            Self::AnyPort { .. } => "any-port",
            Self::ConnectionsAndRequests { .. } => "connections-and-requests",
            Self::Seldom { .. } => "seldom",
        }
    }
}

/// What is wide about a policy. `trust_domains` are the mesh's own; what was seen fewer than `min_seen` times is seldom.
#[must_use]
pub fn wide(
    learned: &LearnedPolicy,
    seen: &BTreeMap<Access, Sighting>,
    trust_domains: &[String],
    min_seen: u64,
) -> Vec<Wide> {
    let whole = learned.target.labels.is_empty().then_some(Wide::WholeNamespace);
    let mut wide: Vec<Wide> = whole.into_iter().collect();
    wide.extend(learned.templates.iter().cloned().map(Wide::Template));
    wide.extend(many_methods(&learned.admitted));
    wide.extend(peers(seen, trust_domains));
    wide.extend(ports(seen));
    wide.extend(seldom(seen, min_seen));
    wide
}

fn many_methods(admitted: &BTreeSet<Access>) -> impl Iterator<Item = Wide> {
    let mut methods: BTreeMap<(&LearnedPeer, &str), BTreeSet<String>> = BTreeMap::new();
    for access in admitted {
        if let Operation::Http { method, path, .. } = &access.operation {
            methods
                .entry((&access.peer, path))
                .or_default()
                .insert(method.clone());
        }
    }
    let many = methods
        .into_iter()
        .filter(|(_, methods)| methods.len() >= MANY_METHODS);
    many.map(|((peer, path), methods)| Wide::ManyMethods {
        peer: peer.clone(),
        path: path.to_owned(),
        methods,
    })
}

fn peers(seen: &BTreeMap<Access, Sighting>, trust_domains: &[String]) -> impl Iterator<Item = Wide> {
    let peers: BTreeSet<&LearnedPeer> = seen.keys().map(|access| &access.peer).collect();
    let of_peer = |peer: &LearnedPeer| match peer {
        LearnedPeer::Address(_) => Some(Wide::WithoutIdentity(peer.clone())),
        LearnedPeer::SpiffeId(id) => {
            let name = id.strip_prefix("spiffe://").and_then(|id| id.split('/').next());
            let is_ours = name.is_some_and(|name| trust_domains.iter().any(|ours| ours == name));
            (!is_ours).then(|| Wide::AnotherTrustDomain(peer.clone()))
        }
    };
    peers
        .into_iter()
        .filter_map(of_peer)
        .collect::<Vec<_>>()
        .into_iter()
}

fn ports(seen: &BTreeMap<Access, Sighting>) -> Vec<Wide> {
    let (mut requests, mut connections, mut unknown) = (BTreeSet::new(), BTreeSet::new(), 0_usize);
    for access in seen.keys() {
        match access.operation {
            Operation::Http { port: Some(port), .. } => {
                requests.insert(port);
            }
            Operation::Http { port: None, .. } => unknown = unknown.saturating_add(1),
            Operation::Tcp { port } => {
                connections.insert(port);
            }
        }
    }
    let any = (unknown > 0).then_some(Wide::AnyPort { accesses: unknown });
    let both = requests
        .intersection(&connections)
        .map(|port| Wide::ConnectionsAndRequests { port: *port });
    any.into_iter().chain(both).collect()
}

fn seldom(seen: &BTreeMap<Access, Sighting>, min_seen: u64) -> impl Iterator<Item = Wide> {
    let seldom = seen.iter().filter(move |(_, sighting)| sighting.count < min_seen);
    seldom.map(|(access, sighting)| Wide::Seldom {
        access: access.clone(),
        count: sighting.count,
        place: sighting.place.clone(),
    })
}
