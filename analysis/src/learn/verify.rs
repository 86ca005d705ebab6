//! [`verify`]: the engine says whether what was seen is admitted, and what was not seen is denied.

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::{
    Attribute, Decision, LeafCertificate, LeafFacts, Peer, PeerCertificate, PolicySet, Protocol, Request,
    Validation,
};

use crate::learn::{Access, LearnedPeer, LearnedPolicy, Operation, Sighting};

/// How many seen accesses near misses are made of.
const SAMPLES: usize = 500;

/// How many of the seen peers each of those is tried with.
const MOST_PEERS: usize = 50;

/// What the engine said of learned policies.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// How many seen accesses it allows.
    pub admitted: u64,
    /// How many near misses it denies: another peer, method, path or port.
    pub denied: u64,
    /// Where it says otherwise than was meant.
    pub mismatches: Vec<Mismatch>,
}

/// An access of which the engine says otherwise than was meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mismatch {
    /// It was seen and is denied, for this cause.
    Denied(Access, &'static str),
    /// It was not seen and is allowed.
    Allowed(Access),
}

/// Asks the engine for every access that was seen, and for near misses of a sample of them.
#[must_use]
pub fn verify(
    policies: &PolicySet,
    learned: &LearnedPolicy,
    seen: &BTreeMap<Access, Sighting>,
) -> Verification {
    let mut verification = Verification::default();
    for access in seen.keys() {
        verification.check_seen(policies, access);
    }
    let meant = Meant::of(learned);
    for access in near_misses(seen).iter().filter(|access| !meant.includes(access)) {
        verification.check_near_miss(policies, access);
    }
    verification
}

/// What the rules are meant to admit.
struct Meant<'l> {
    learned: &'l LearnedPolicy,
    /// Of each peer the operations that stand for more than themselves.
    patterns: BTreeMap<&'l LearnedPeer, Vec<&'l Operation>>,
}

impl<'l> Meant<'l> {
    fn of(learned: &'l LearnedPolicy) -> Self {
        let mut patterns: BTreeMap<&LearnedPeer, Vec<&Operation>> = BTreeMap::new();
        for access in learned
            .admitted
            .iter()
            .filter(|access| access.operation.is_pattern())
        {
            patterns.entry(&access.peer).or_default().push(&access.operation);
        }
        Self { learned, patterns }
    }

    fn includes(&self, access: &Access) -> bool {
        let mut patterns = self.patterns.get(&access.peer).into_iter().flatten();
        self.learned.admitted.contains(access)
            || patterns.any(|operation| operation.includes(&access.operation))
    }
}

impl Verification {
    fn check_seen(&mut self, policies: &PolicySet, access: &Access) {
        match refusal(policies, access) {
            None => self.admitted = self.admitted.saturating_add(1),
            Some(cause) => self.mismatches.push(Mismatch::Denied(access.clone(), cause)),
        }
    }

    fn check_near_miss(&mut self, policies: &PolicySet, access: &Access) {
        match refusal(policies, access) {
            None => self.mismatches.push(Mismatch::Allowed(access.clone())),
            Some(_) => self.denied = self.denied.saturating_add(1),
        }
    }
}

/// Why the engine denies an access, if it does.
fn refusal(policies: &PolicySet, access: &Access) -> Option<&'static str> {
    let leaf = leaf(&access.peer);
    let uri_sans: Vec<&[u8]> = leaf.facts().uri_sans.iter().map(Vec::as_slice).collect();
    match policies.decide(&request(access, &leaf, &uri_sans)) {
        Decision::Allow(_) => None,
        Decision::Deny(denial) => Some(denial.code()),
    }
}

/// A certificate that says no more than who the peer is.
fn leaf(peer: &LearnedPeer) -> LeafCertificate {
    let uri_sans = match peer {
        LearnedPeer::SpiffeId(id) => vec![id.clone().into_bytes()],
        LearnedPeer::Address(_) => Vec::new(),
    };
    LeafCertificate::new(LeafFacts {
        uri_sans,
        ..LeafFacts::default()
    })
}

fn request<'r>(access: &'r Access, leaf: &'r LeafCertificate, uri_sans: &'r [&'r [u8]]) -> Request<'r> {
    let absent = Request::absent(Protocol::Http);
    let (protocol, port, method, path) = match &access.operation {
        Operation::Http { port, method, path } => (
            Protocol::Http,
            port.map_or(Attribute::Absent, Attribute::Known),
            Attribute::Known(method.as_bytes()),
            Attribute::Known(path.as_bytes()),
        ),
        Operation::Tcp { port } => (
            Protocol::Tcp,
            Attribute::Known(*port),
            Attribute::Absent,
            Attribute::Absent,
        ),
    };
    let (peer, source_ip) = match access.peer {
        LearnedPeer::Address(address) => (Peer::Plaintext, Attribute::Known(address)),
        LearnedPeer::SpiffeId(_) => {
            let certificate = PeerCertificate {
                uri_sans,
                validation: Validation::Validated,
                leaf: Attribute::Known(leaf),
                digest: Attribute::Absent,
            };
            (Peer::Certificate(certificate), Attribute::Absent)
        }
    };
    Request {
        protocol,
        peer,
        source_ip,
        destination_port: port,
        method,
        path,
        headers: Attribute::Known(&[]),
        ..absent
    }
}

/// Accesses that differ from seen ones in one respect, and every seen peer with operations of the others.
fn near_misses(seen: &BTreeMap<Access, Sighting>) -> BTreeSet<Access> {
    let peers: BTreeSet<&LearnedPeer> = seen.keys().map(|access| &access.peer).collect();
    let sample: Vec<&Access> = sample(seen.keys(), seen.len());
    let mut misses = BTreeSet::new();
    for access in sample {
        let with_peer = |peer: LearnedPeer| Access {
            peer,
            operation: access.operation.clone(),
        };
        let with_operation = |operation| Access {
            peer: access.peer.clone(),
            operation,
        };
        misses.extend(neighbours(&access.peer).map(with_peer));
        misses.extend(
            peers
                .iter()
                .take(MOST_PEERS)
                .map(|peer| with_peer((*peer).clone())),
        );
        misses.extend(
            other_operations(&access.operation)
                .into_iter()
                .map(with_operation),
        );
    }
    misses
}

/// At most so many, spread evenly.
fn sample<'a>(accesses: impl Iterator<Item = &'a Access>, count: usize) -> Vec<&'a Access> {
    let stride = count.checked_div(SAMPLES).unwrap_or(0).saturating_add(1);
    let is_chosen = |index: usize| index.checked_rem(stride) == Some(0);
    accesses
        .enumerate()
        .filter(|(index, _)| is_chosen(*index))
        .map(|(_, access)| access)
        .collect()
}

/// Peers that nobody saw, and that look much like this one.
fn neighbours(peer: &LearnedPeer) -> impl Iterator<Item = LearnedPeer> {
    let texts = match peer {
        LearnedPeer::SpiffeId(id) => vec![
            format!("{id}x"),
            format!("{id}/x"),
            id.replacen("spiffe://", "spiffe://x.", 1),
        ],
        LearnedPeer::Address(_) => vec!["spiffe://unseen.example/ns/unseen/sa/unseen".to_owned()],
    };
    texts.into_iter().map(LearnedPeer::SpiffeId)
}

fn other_operations(operation: &Operation) -> Vec<Operation> {
    match operation {
        Operation::Http { port, method, path } => {
            let http = |port: &Option<u16>, method: &str, path: &str| Operation::Http {
                port: *port,
                method: method.to_owned(),
                path: path.to_owned(),
            };
            let methods = ["GET", "DELETE", "POST", "PUT", "PATCH", "HEAD", "UNSEEN"];
            let paths = [
                format!("{path}x"),
                format!("{path}/x/y"),
                format!("/x{path}"),
                "/".to_owned(),
            ];
            let mut others: Vec<Operation> = methods.iter().map(|method| http(port, method, path)).collect();
            others.extend(
                paths
                    .iter()
                    .filter(|path| !path.contains("//"))
                    .map(|path| http(port, method, path)),
            );
            others.extend(port.iter().map(|port| http(&Some(port ^ 1), method, path)));
            others
        }
        Operation::Tcp { port } => vec![Operation::Tcp { port: port ^ 1 }],
    }
}
