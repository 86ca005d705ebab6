//! What the peer shows: its SPIFFE ID and its certificate.

use crate::attribute::Attribute;
use crate::index::field::service_account;
use crate::index::place::Form;
use crate::index::search::{At, Search};

const SCHEME: &[u8] = b"spiffe://";
/// The most pairs of a namespace and a service account that one identity is looked up by. A SPIFFE ID of a mesh has one; in
/// profile istio any text is an identity.
const MOST_PAIRS: usize = 16;

impl<'s> Search<'s> {
    pub(super) fn principal(&mut self, at: At<'s>) {
        let Some(text) = self.identity(at) else { return };
        match text.strip_prefix(SCHEME) {
            Some(principal) => self.text(at, principal),
            // A star is any identity, whatever it looks like.
            None => self.form(at, Form::Presence, 0),
        }
    }

    pub(super) fn trust_domain(&mut self, at: At<'s>) {
        let text = self.identity(at);
        let principal = text.and_then(|text| text.strip_prefix(SCHEME));
        let trust_domain = principal.and_then(|principal| principal.split(|byte| *byte == b'/').next());
        if let Some(trust_domain) = trust_domain {
            self.text(at, trust_domain);
        }
    }

    /// Every segment behind one that is `ns`.
    pub(super) fn namespaces(&mut self, at: At<'s>) {
        let Some(text) = self.identity(at) else { return };
        behind(text, b"ns").for_each(|(namespace, _)| self.text(at, namespace));
    }

    /// Every segment behind `ns` with every segment behind `sa` that follows.
    pub(super) fn service_accounts(&mut self, at: At<'s>) {
        let Some(text) = self.identity(at) else { return };
        let pairs =
            || behind(text, b"ns").flat_map(|(ns, rest)| behind(rest, b"sa").map(move |(sa, _)| (ns, sa)));
        if pairs().nth(MOST_PAIRS).is_some() {
            return self.posting(at.drawer.all);
        }
        for (namespace, name) in pairs() {
            self.place(at.node, service_account(namespace, name));
        }
    }

    pub(super) fn dns_sans(&mut self, at: At<'s>) {
        if let Some(leaf) = self.known(self.facts.leaf(), at) {
            let names = leaf.dns_sans.iter();
            names.for_each(|name| self.text(at, name.as_bytes()));
        }
    }

    pub(super) fn issuer_key_id(&mut self, at: At<'s>) {
        let leaf = self.known(self.facts.leaf(), at);
        if let Some(key_id) = leaf.and_then(|leaf| leaf.issuer_key_id.as_deref()) {
            self.text(at, key_id);
        }
    }

    fn identity(&mut self, at: At<'s>) -> Option<&'s [u8]> {
        let text = match &self.facts.identity {
            Attribute::Known(identity) => Attribute::Known(identity.text),
            Attribute::Absent => Attribute::Absent,
            Attribute::Unreadable => Attribute::Unreadable,
        };
        self.known(text, at)
    }
}

/// Every segment that stands behind `/LABEL/`, with itself and what follows it.
fn behind<'t>(text: &'t [u8], label: &'static [u8]) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
    let slashes = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'/')
        .filter_map(|(place, _)| text.get(place..)?.split_first());
    slashes.filter_map(move |(_, rest)| {
        let (_, value) = rest
            .strip_prefix(label)?
            .split_first()
            .filter(|(slash, _)| **slash == b'/')?;
        let segment = value.split(|byte| *byte == b'/').next()?;
        Some((segment, value.get(segment.len()..)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_segment_behind_a_label_is_found() {
        let table: [(&str, &[(&str, &str)]); 6] = [
            ("spiffe://td/ns/a/sa/b", &[("a", "/sa/b")]),
            ("x/ns/a/ns/b", &[("a", "/ns/b"), ("b", "")]),
            ("/ns/ns/a", &[("ns", "/a"), ("a", "")]),
            ("/ns//", &[("", "/")]),
            ("/ns/", &[("", "")]),
            ("ns/a/xns/b/nsx/c/ns", &[]),
        ];
        for (text, expected) in table {
            let found = behind(text.as_bytes(), b"ns");
            let expected = expected.iter().map(|(a, b)| (a.as_bytes(), b.as_bytes()));
            assert!(found.eq(expected), "{text}");
        }
    }
}
