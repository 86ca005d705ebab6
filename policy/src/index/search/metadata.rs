//! The dynamic metadata: the values that it has, by the names that lead to them, and the claims of a token in it.

use std::slice;

use crate::config::document::Document;
use crate::index::field::{further, request_principal};
use crate::index::search::{At, Search};
use crate::jwt::{JWT_NAMESPACE, JWT_PAYLOAD};

/// How many names lead to a value at most that is filed by them.
pub(in crate::index) const MOST_NAMES: usize = 4;

impl<'s> Search<'s> {
    pub(super) fn metadata(&mut self, at: At<'s>) {
        if let Some(metadata) = self.known(self.facts.request.metadata, at) {
            self.values(at, metadata, MOST_NAMES);
        }
    }

    pub(super) fn claims(&mut self, at: At<'s>) {
        if let Some(claims) = self.token(at) {
            self.values(at, claims, MOST_NAMES);
        }
    }

    pub(super) fn request_principal(&mut self, at: At<'s>) {
        let Some(claims) = self.token(at) else { return };
        if let (Some(issuer), Some(subject)) = (text_at(claims, "iss"), text_at(claims, "sub")) {
            self.place(at.node, request_principal(issuer, subject));
        }
    }

    pub(super) fn token_text(&mut self, name: &str, at: At<'s>) {
        let claims = self.token(at);
        if let Some(text) = claims.and_then(|claims| text_at(claims, name)) {
            self.text(at, text.as_bytes());
        }
    }

    fn token(&mut self, at: At<'s>) -> Option<&'s Document> {
        let metadata = self.known(self.facts.request.metadata, at)?;
        metadata.field(JWT_NAMESPACE)?.field(JWT_PAYLOAD)
    }

    /// Every value in a map, and in the maps in it.
    fn values(&mut self, at: At<'s>, map: &Document, names_left: usize) {
        let (Document::Map(fields), Some(names_left)) = (map, names_left.checked_sub(1)) else {
            return;
        };
        for (name, value) in fields {
            let hash = further(at.name, name);
            if let Some(at) = self.named(at, hash) {
                self.texts(at, value);
            }
            self.values(At { name: hash, ..at }, value, names_left);
        }
    }

    /// A text, or every text in a list.
    fn texts(&mut self, at: At<'s>, value: &Document) {
        let elements = value.as_list().unwrap_or(slice::from_ref(value));
        let texts = elements.iter().filter_map(Document::as_text);
        texts.for_each(|text| self.text(at, text.as_bytes()));
    }
}

fn text_at<'d>(claims: &'d Document, name: &str) -> Option<&'d str> {
    claims.field(name)?.as_text()
}
