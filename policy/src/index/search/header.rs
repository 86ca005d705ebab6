//! Headers: those that the request has, by their names.

use crate::index::hash::{Case, hash};
use crate::index::search::{At, Search};
use crate::rule::facts::readings_of;

impl<'s> Search<'s> {
    pub(super) fn headers(&mut self, at: At<'s>) {
        let Some(headers) = self.known(self.facts.request.headers, at) else {
            return;
        };
        for (name, value) in headers {
            if let Some(at) = self.named(at, hash(name, Case::Folded)) {
                readings_of(value, self.facts.profile).for_each(|reading| self.text(at, reading));
            }
        }
    }
}
