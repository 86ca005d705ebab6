//! [`Fixtures`]: peers and requests by name.

use std::collections::BTreeMap;

use spiffe_authz_policy::Document;

use crate::policy_tests::draft::Draft;
use crate::policy_tests::node::{Fields, Node, quoted};
use crate::policy_tests::problem::Problems;

/// What a request or a peer is made of besides its own fields.
const EXTENDS: &str = "extends";

/// How many fixtures may extend one another: what goes round in a circle ends here.
const LONGEST_CHAIN: usize = 32;

/// Peers and requests by name, as they are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Fixtures<'d> {
    peers: BTreeMap<&'d str, Node<'d>>,
    requests: BTreeMap<&'d str, Node<'d>>,
    /// Requests that were put together already.
    ready: BTreeMap<&'d str, Draft>,
}

impl<'d> Fixtures<'d> {
    /// Reads `fixtures`, and tries every one of them.
    pub(super) fn read(file: &Fields<'d>, problems: &mut Problems) -> Self {
        let Some(node) = file.optional("fixtures") else {
            return Self::default();
        };
        let Some(fields) = node.fields(&["peers", "requests"], problems) else {
            return Self::default();
        };
        let named = |name: &str, problems: &mut Problems| {
            let entries = fields.optional(name).and_then(|node| node.entries(problems));
            entries.unwrap_or_default().into_iter().collect()
        };
        let mut fixtures = Self {
            peers: named("peers", problems),
            requests: named("requests", problems),
            ready: BTreeMap::new(),
        };
        fixtures.try_peers(problems);
        fixtures.try_requests(problems);
        fixtures
    }

    fn try_peers(&self, problems: &mut Problems) {
        for node in self.peers.values() {
            let mut draft = Draft::default();
            self.add_peer(&mut draft, node, 0, problems);
            draft.finish(&node.at, problems);
        }
    }

    fn try_requests(&mut self, problems: &mut Problems) {
        let mut ready = BTreeMap::new();
        for (name, node) in &self.requests {
            let mut draft = Draft::default();
            self.add_request(&mut draft, node, 0, problems);
            draft.finish(&node.at, problems);
            ready.insert(*name, draft);
        }
        self.ready = ready;
    }

    /// Adds what a request says: the name of a fixture, or fields, with `extends` for what they are laid over.
    pub(super) fn add(&self, draft: &mut Draft, node: &Node<'_>, problems: &mut Problems) {
        self.add_request(draft, node, 0, problems);
    }

    /// Adds a peer: the name of a fixture, fields, or nothing for plaintext.
    pub(super) fn add_named_peer(&self, draft: &mut Draft, node: &Node<'_>, problems: &mut Problems) {
        self.add_peer(draft, node, 0, problems);
    }

    fn add_request(&self, draft: &mut Draft, node: &Node<'_>, depth: usize, problems: &mut Problems) {
        if let Document::String(name) = node.document {
            self.add_request_named(draft, (name, node), depth, problems);
            return;
        }
        let Some(entries) = node.entries(problems) else {
            return;
        };
        let base = entries.iter().find(|(name, _)| *name == EXTENDS);
        if let Some((_, base)) = base
            && let Some(name) = base.text(problems)
        {
            self.add_request_named(draft, (name, base), depth, problems);
        }
        for (name, node) in entries.iter().filter(|(name, _)| *name != EXTENDS) {
            if *name == "peer" {
                self.add_peer(draft, node, 0, problems);
            } else {
                draft.set(name, node);
            }
        }
    }

    fn add_request_named(
        &self,
        draft: &mut Draft,
        (name, asked): (&str, &Node<'_>),
        depth: usize,
        problems: &mut Problems,
    ) {
        if let Some(ready) = self.ready.get(name) {
            draft.extend(ready);
        } else if let Some(node) = found(&self.requests, "request", (name, asked), depth, problems) {
            self.add_request(draft, node, depth.saturating_add(1), problems);
        }
    }

    fn add_peer(&self, draft: &mut Draft, node: &Node<'_>, depth: usize, problems: &mut Problems) {
        match node.document {
            Document::String(name) => {
                if let Some(node) = found(&self.peers, "peer", (name, node), depth, problems) {
                    self.add_peer(draft, node, depth.saturating_add(1), problems);
                }
            }
            Document::Map(entries) if entries.iter().any(|(name, _)| name == EXTENDS) => {
                self.add_extended_peer(draft, node, depth, problems);
            }
            Document::Null
            | Document::Bool(_)
            | Document::Number(_)
            | Document::List(_)
            | Document::Map(_) => draft.set("peer", node),
        }
    }

    /// A peer that is another one but for some fields.
    fn add_extended_peer(&self, draft: &mut Draft, node: &Node<'_>, depth: usize, problems: &mut Problems) {
        let entries = node.entries(problems).unwrap_or_default();
        if let Some((_, base)) = entries.iter().find(|(name, _)| *name == EXTENDS)
            && base.text(problems).is_some()
        {
            self.add_peer(draft, base, depth, problems);
        }
        for (name, node) in entries.iter().filter(|(name, _)| *name != EXTENDS) {
            if !draft.set_in_peer(name, node) {
                problems.add(&node.at, "the peer that is extended shows no certificate");
            }
        }
    }
}

/// The fixture of a name; a name that is none, or goes round in a circle, is noted where it stands.
fn found<'f, 'd>(
    fixtures: &'f BTreeMap<&'d str, Node<'d>>,
    what: &str,
    (name, asked): (&str, &Node<'_>),
    depth: usize,
    problems: &mut Problems,
) -> Option<&'f Node<'d>> {
    if depth >= LONGEST_CHAIN {
        problems.add(
            &asked.at,
            format!("`{name}` extends itself, or more than {LONGEST_CHAIN} fixtures one after another"),
        );
        return None;
    }
    let node = fixtures.get(name);
    if node.is_none() {
        let known = match quoted(fixtures.keys().copied()) {
            none if none.is_empty() => "there are none".to_owned(),
            known => format!("there are {known}"),
        };
        problems.add(
            &asked.at,
            format!("no {what} of the name `{name}` in `fixtures.{what}s`: {known}"),
        );
    }
    node
}
