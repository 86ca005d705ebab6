//! [`Place`]: where in the index a value is filed.

use crate::index::hash::{add, mix};
use crate::index::kind::Kind;

/// How a text is compared with a value. In the order in which a request is looked up: prefixes by their lengths, then the
/// whole.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Form {
    /// Whatever it is.
    Presence,
    /// Its first bytes.
    Prefix(u32),
    /// The whole.
    Exact,
    /// Its last bytes.
    Suffix(u32),
    /// The segment of a path at this place from the front.
    FromFront(u32),
    /// The segment of a path at this place from the back.
    FromBack(u32),
    /// The first bits of an IPv4 address.
    BlockV4(u32),
    /// The first bits of an IPv6 address.
    BlockV6(u32),
    /// That anything is filed under the name.
    Named,
    /// A regular expression, with all others in a set of their own.
    Expression,
}

impl Form {
    /// A number of its own.
    fn number(self) -> u64 {
        let (form, length) = match self {
            Self::Presence => (0, 0),
            Self::Prefix(length) => (1, length),
            Self::Exact => (2, 0),
            Self::Suffix(length) => (3, length),
            Self::FromFront(place) => (4, place),
            Self::FromBack(place) => (5, place),
            Self::BlockV4(length) => (6, length),
            Self::BlockV6(length) => (7, length),
            Self::Named => (8, 0),
            Self::Expression => (9, 0),
        };
        form << 32 | u64::from(length)
    }
}

/// Where in every node a value is filed. A hash stands for a text: two texts that share one cost a judgement, no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// The hash of the name, where values of the kind go by names.
    pub(super) name: u64,
    pub(super) form: Form,
    /// The hash of the text.
    pub(super) text: u64,
}

impl Place {
    /// The key in the table of all nodes.
    pub(super) fn key(self, node: u32) -> u64 {
        let group = u64::from(node) << 8 | self.kind.number();
        let salt = add(add(group, self.form.number()), self.name);
        mix(add(salt, self.text))
    }

    /// Where it says that something is filed under the name.
    pub(super) fn of_name(kind: Kind, name: u64) -> Self {
        Self {
            kind,
            name,
            form: Form::Named,
            text: 0,
        }
    }
}

/// The places of one value, each of which is enough: whatever the value matches is found by every one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    places: [Option<Place>; Self::MOST],
}

impl Places {
    const MOST: usize = 6;

    /// Of a value that cannot be filed.
    pub(super) const NONE: Self = Self {
        places: [None; Self::MOST],
    };

    pub(super) fn one(place: Place) -> Self {
        let mut places = Self::NONE;
        places.add(place);
        places
    }

    /// Adds a place, if there is room for one more.
    pub(super) fn add(&mut self, place: Place) {
        if let Some(free) = self.places.iter_mut().find(|place| place.is_none()) {
            *free = Some(place);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Place> {
        self.places.iter().copied().flatten()
    }
}
