//! The path: whole, and segment by segment.

use crate::index::hash::hash;
use crate::index::place::Form;
use crate::index::search::{At, Search};

impl<'s> Search<'s> {
    pub(super) fn path(&mut self, at: At<'s>) {
        let Some(path) = self.known(self.facts.path, at) else {
            return;
        };
        self.text(at, path);
        for form in &at.drawer.forms {
            if let Some(segment) = segment(path, *form) {
                self.form(at, *form, hash(segment, at.drawer.kind.case()));
            }
        }
    }
}

/// The segment at a place from the front or from the back.
fn segment(path: &[u8], form: Form) -> Option<&[u8]> {
    let mut segments = path.strip_prefix(b"/")?.split(|byte| *byte == b'/');
    match form {
        Form::FromFront(place) => segments.nth(usize::try_from(place).ok()?),
        Form::FromBack(place) => segments.nth_back(usize::try_from(place).ok()?),
        Form::Presence
        | Form::Exact
        | Form::Prefix(_)
        | Form::Suffix(_)
        | Form::BlockV4(_)
        | Form::BlockV6(_)
        | Form::Named
        | Form::Expression => None,
    }
}
