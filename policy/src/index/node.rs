//! [`Node`]: a group of rules that are filed among themselves.

use std::collections::BTreeSet;

use crate::index::kind::Kind;
use crate::index::place::Form;
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

/// A drawer while it is filled.
#[derive(Debug, Default)]
pub(super) struct OpenDrawer {
    forms: BTreeSet<Form>,
    pub(super) rules: Vec<u32>,
}

impl OpenDrawer {
    /// Notes that the rule is filed under a form. Rules come in the order of their numbers.
    pub(super) fn add(&mut self, form: Form, rule: u32) {
        self.forms.insert(form);
        if self.rules.last() != Some(&rule) {
            self.rules.push(rule);
        }
    }

    pub(super) fn close(self, kind: Kind, all: Posting) -> Drawer {
        Drawer {
            kind,
            forms: self.forms.into_iter().collect(),
            all,
        }
    }
}
