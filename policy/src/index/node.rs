//! [`Node`]: a group of rules that are filed among themselves.

use crate::index::ascending::insert;
use crate::index::kind::Kind;
use crate::index::place::{Form, Place};
use crate::index::posting::Posting;

/// What a request must be asked to find the rules of a group.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The rules that are not filed.
    pub(super) residual: Posting,
    pub(super) drawers: Box<[Drawer]>,
}

/// What is filed by one kind.
#[derive(Clone, Debug)]
pub(super) struct Drawer {
    pub(super) kind: Kind,
    /// The forms in use, in their order.
    pub(super) forms: Box<[Form]>,
    /// All rules in it, for a request that cannot be asked.
    pub(super) all: Posting,
}

/// The drawers of a node while they are filled.
#[derive(Debug, Default)]
pub(super) struct OpenDrawers(Vec<OpenDrawer>);

/// A drawer while it is filled.
#[derive(Debug)]
pub(super) struct OpenDrawer {
    kind: Kind,
    /// In their order.
    forms: Vec<Form>,
    pub(super) rules: Vec<u32>,
}

impl OpenDrawers {
    /// Notes that the rule is filed at the place. Rules come in the order of their numbers.
    pub(super) fn note(&mut self, place: Place, rule: u32) {
        match self.0.iter_mut().find(|drawer| drawer.kind == place.kind) {
            Some(drawer) => drawer.note(place.form, rule),
            None => self.0.push(OpenDrawer {
                kind: place.kind,
                forms: vec![place.form],
                rules: vec![rule],
            }),
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = OpenDrawer> {
        self.0.into_iter()
    }
}

impl OpenDrawer {
    fn note(&mut self, form: Form, rule: u32) {
        insert(&mut self.forms, form);
        if self.rules.last() != Some(&rule) {
            self.rules.push(rule);
        }
    }

    pub(super) fn close(self, all: Posting) -> Drawer {
        Drawer {
            kind: self.kind,
            forms: self.forms.into(),
            all,
        }
    }
}
