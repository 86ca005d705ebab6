//! The engine's own table, with a form for each length of a prefix, as a search uses it: the very source of the engine.

#[path = "../../../../policy/src/index/hash.rs"]
mod hash;
#[path = "../../../../policy/src/index/kind.rs"]
mod kind;
#[path = "../../../../policy/src/index/place.rs"]
mod place;
#[path = "../../../../policy/src/index/posting.rs"]
mod posting;
#[path = "../../../../policy/src/index/table.rs"]
mod table;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use hash::{Case, End, Rolling, hash};
use kind::Kind;
use place::{Form, Place};
use posting::Posting;
use table::Table;

/// Texts or blocks, and the forms that they are of.
pub(crate) struct Filed {
    table: Table,
    forms: Box<[Form]>,
}

impl Filed {
    pub(crate) fn exact(keys: &[Vec<u8>]) -> Self {
        Self::new(keys.iter().map(|key| text(Form::Exact, hash(key, Case::Kept))))
    }

    pub(crate) fn prefixes(keys: &[Vec<u8>]) -> Self {
        let place = |key: &Vec<u8>| {
            let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
            text(Form::Prefix(length), hash(key, Case::Kept))
        };
        Self::new(keys.iter().map(place))
    }

    pub(crate) fn blocks(keys: &[Ipv4Net]) -> Self {
        Self::new(keys.iter().map(|key| block(key.prefix_len(), *key)))
    }

    fn new(places: impl Iterator<Item = Place>) -> Self {
        let mut forms = std::collections::BTreeSet::new();
        let mut entry = |(number, place): (u32, Place)| {
            forms.insert(place.form);
            (place.key(0), Posting::rule(number))
        };
        let entries: Vec<_> = (0..).zip(places).map(&mut entry).collect();
        Self {
            table: Table::new(&entries),
            forms: forms.into_iter().collect(),
        }
    }

    pub(crate) fn matches_of_text(&self, query: &[u8]) -> usize {
        let mut front = Rolling::new(query, Case::Kept, End::Front);
        let mut found = 0;
        for form in &self.forms {
            let hash = match *form {
                Form::Exact => front.at(query.len()),
                Form::Prefix(length) => usize::try_from(length).ok().and_then(|length| front.at(length)),
                _ => None,
            };
            if let Some(hash) = hash {
                found += self.table.get(text(*form, hash).key(0)).count();
            }
        }
        found
    }

    pub(crate) fn matches_of_address(&self, query: Ipv4Addr) -> usize {
        let lengths = self.forms.iter().filter_map(|form| match form {
            Form::BlockV4(length) => u8::try_from(*length).ok(),
            _ => None,
        });
        let around = lengths.filter_map(|length| Some(block(length, Ipv4Net::new(query, length).ok()?)));
        around.map(|place| self.table.get(place.key(0)).count()).sum()
    }
}

fn text(form: Form, text: u64) -> Place {
    Place {
        kind: Kind::Path,
        name: 0,
        form,
        text,
    }
}

fn block(length: u8, block: Ipv4Net) -> Place {
    Place {
        kind: Kind::SourceIp,
        name: 0,
        form: Form::BlockV4(u32::from(length)),
        text: u64::from(block.network().to_bits()),
    }
}
