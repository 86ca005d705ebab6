//! [`HeaderList`]: the headers of a request, borrowed from the bytes in which the host gave them.

use spiffe_authz_policy::{Attribute, Headers};

use super::reading::known;
use crate::host::HostError;
use crate::pairs::{self, Pair};

/// The headers with the pseudo-headers, in their order; nothing where they cannot be read.
#[derive(Debug)]
pub(super) struct HeaderList<'b>(Option<Vec<Pair<'b>>>);

impl<'b> HeaderList<'b> {
    /// Reads the list as the host gave it.
    pub(super) fn parse(given: &'b Result<Vec<u8>, HostError>) -> Self {
        let bytes = given.as_deref().ok();
        Self(bytes.and_then(|bytes| pairs::parse(bytes).ok()))
    }

    /// The whole list.
    pub(super) fn all(&self) -> Attribute<Headers<'_>> {
        known(self.0.as_deref())
    }

    /// The value of a header that a request has once or not at all. Two values cannot both be the one that the
    /// application will see.
    pub(super) fn only(&self, name: &[u8]) -> Attribute<&'b [u8]> {
        let Some(pairs) = &self.0 else {
            return Attribute::Unreadable;
        };
        let mut values = pairs
            .iter()
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| *value);
        match (values.next(), values.next()) {
            (None, _) => Attribute::Absent,
            (Some(value), None) => Attribute::Known(value),
            (Some(_), Some(_)) => Attribute::Unreadable,
        }
    }
}

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
        assert_eq!(HeaderList::parse(&given).all(), Attribute::Known(&headers[..]));
    }

    #[test]
    fn a_pseudo_header_is_there_once_or_absent_and_given_twice_it_is_unreadable() {
        let given = Ok(serialize(&[
            (b":method", b"GET"),
            (b":path", b"/a"),
            (b":path", b"/a"),
        ]));
        let headers = HeaderList::parse(&given);
        assert_eq!(headers.only(b":method"), Attribute::Known(&b"GET"[..]));
        assert_eq!(headers.only(b":authority"), Attribute::Absent);
        assert_eq!(headers.only(b":path"), Attribute::Unreadable);
    }

    #[test]
    fn without_a_readable_list_everything_of_it_is_unreadable() {
        for given in [
            Err(HostError::Status(10)),
            Err(HostError::NotFound),
            Ok(b"\x01\0\0\0\x07\0\0".to_vec()),
        ] {
            let headers = HeaderList::parse(&given);
            assert_eq!(headers.all(), Attribute::Unreadable, "{given:?}");
            assert_eq!(headers.only(b":path"), Attribute::Unreadable, "{given:?}");
        }
    }
}
