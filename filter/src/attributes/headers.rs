//! [`HeaderList`]: the headers of a request, borrowed from the bytes in which the host gave them.

use std::cell::RefCell;
use std::mem;

use spiffe_authz_policy::{Attribute, Headers};

use super::reading::known;
use crate::host::HostError;
use crate::pairs::{self, Pair};

/// The headers with the pseudo-headers, in their order.
#[derive(Debug)]
pub(super) struct HeaderList<'b> {
    /// `None` where they cannot be read.
    pairs: Option<Vec<Pair<'b>>>,
    pub(super) method: Attribute<&'b [u8]>,
    pub(super) authority: Attribute<&'b [u8]>,
    pub(super) path: Attribute<&'b [u8]>,
}

/// The memory of a list, from one request to the next.
#[derive(Debug, Default)]
pub(crate) struct Spare(RefCell<Vec<Pair<'static>>>);

/// A list with more lines is so rare that its memory is let go.
const MOST_SPARE_LINES: usize = 256;

impl<'b> HeaderList<'b> {
    /// Reads the list as the host gave it.
    pub(super) fn parse(given: &'b Result<Vec<u8>, HostError>, spare: &Spare) -> Self {
        let bytes = given.as_deref().ok();
        match bytes.and_then(|bytes| pairs::parse_into(bytes, spare.take()).ok()) {
            Some(pairs) => Self::of(pairs),
            None => Self {
                pairs: None,
                method: Attribute::Unreadable,
                authority: Attribute::Unreadable,
                path: Attribute::Unreadable,
            },
        }
    }

    /// A pseudo-header stands once or not at all: two values cannot both be the one that the application will see.
    fn of(pairs: Vec<Pair<'b>>) -> Self {
        let mut list = Self {
            pairs: None,
            method: Attribute::Absent,
            authority: Attribute::Absent,
            path: Attribute::Absent,
        };
        for (name, value) in &pairs {
            let known = match *name {
                b":method" => &mut list.method,
                b":authority" => &mut list.authority,
                b":path" => &mut list.path,
                _ => continue,
            };
            *known = match known {
                Attribute::Absent => Attribute::Known(*value),
                Attribute::Known(_) | Attribute::Unreadable => Attribute::Unreadable,
            };
        }
        list.pairs = Some(pairs);
        list
    }

    /// The whole list.
    pub(super) fn all(&self) -> Attribute<Headers<'_>> {
        known(self.pairs.as_deref())
    }

    /// Leaves its memory to the next list.
    pub(super) fn leave_to(self, spare: &Spare) {
        let Some(mut pairs) = self.pairs.filter(|pairs| pairs.capacity() <= MOST_SPARE_LINES) else {
            return;
        };
        pairs.clear();
        // Nothing is in it that could outlive the request, and a list of none that is collected stays where it is.
        spare.put(pairs.into_iter().map(|_| EMPTY).collect());
    }
}

impl Spare {
    fn take(&self) -> Vec<Pair<'static>> {
        self.0
            .try_borrow_mut()
            .map_or_else(|_| Vec::new(), |mut spare| mem::take(&mut *spare))
    }

    fn put(&self, pairs: Vec<Pair<'static>>) {
        if let Ok(mut spare) = self.0.try_borrow_mut() {
            *spare = pairs;
        }
    }
}

const EMPTY: Pair<'static> = (&[], &[]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::serialize;

    #[test]
    fn the_list_has_every_header_in_its_order_as_raw_bytes() {
        let headers: [Pair<'_>; 4] = [
            (b":path", b"/\xff?x"),
            (b"x-a", b"1"),
            (b"\xff", b"\xff"),
            (b"x-a", b"2"),
        ];
        let given = Ok(serialize(&headers));
        assert_eq!(
            HeaderList::parse(&given, &Spare::default()).all(),
            Attribute::Known(&headers[..])
        );
    }

    #[test]
    fn a_pseudo_header_is_there_once_or_absent_and_given_twice_it_is_unreadable() {
        let given = Ok(serialize(&[
            (b":method", b"GET"),
            (b":path", b"/a"),
            (b":path", b"/a"),
        ]));
        let headers = HeaderList::parse(&given, &Spare::default());
        assert_eq!(headers.method, Attribute::Known(&b"GET"[..]));
        assert_eq!(headers.authority, Attribute::Absent);
        assert_eq!(headers.path, Attribute::Unreadable);
    }

    #[test]
    fn without_a_readable_list_everything_of_it_is_unreadable() {
        for given in [
            Err(HostError::Status(10)),
            Err(HostError::NotFound),
            Ok(b"\x01\0\0\0\x07\0\0".to_vec()),
        ] {
            let headers = HeaderList::parse(&given, &Spare::default());
            assert_eq!(headers.all(), Attribute::Unreadable, "{given:?}");
            for pseudo in [headers.method, headers.authority, headers.path] {
                assert_eq!(pseudo, Attribute::Unreadable, "{given:?}");
            }
        }
    }

    #[test]
    fn a_list_takes_the_memory_of_the_one_before() {
        let given = Ok(serialize(&[(b":method", b"GET"), (b"x-a", b"1")]));
        let spare = Spare::default();
        let place = || {
            let list = HeaderList::parse(&given, &spare);
            let place = list.all().known().unwrap().as_ptr().addr();
            list.leave_to(&spare);
            place
        };
        let first = place();
        assert_eq!([place(), place()], [first; 2]);
    }

    #[test]
    fn the_memory_of_a_long_list_is_let_go() {
        let lines = vec![(&b"x"[..], &b"1"[..]); MOST_SPARE_LINES + 1];
        let given = Ok(serialize(&lines));
        let spare = Spare::default();
        HeaderList::parse(&given, &spare).leave_to(&spare);
        assert_eq!(spare.take().capacity(), 0);
    }
}
