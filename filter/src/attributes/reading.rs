//! Properties of the host as attributes: what it fails to say, or says in another form than Envoy's, is unreadable and
//! never absent.

use spiffe_authz_policy::Attribute;

use crate::host::{Host, HostError};

/// The bytes of a property.
pub(super) fn read(host: &impl Host, path: &str) -> Attribute<Vec<u8>> {
    match host.property(path) {
        Ok(bytes) => Attribute::Known(bytes),
        Err(HostError::NotFound) => Attribute::Absent,
        Err(HostError::Status(_) | HostError::NullBuffer { .. }) => Attribute::Unreadable,
    }
}

/// A property of one byte, 0 or 1.
pub(super) fn read_bool(host: &impl Host, path: &str) -> Attribute<bool> {
    parsed(read(host, path), |bytes| match bytes {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    })
}

/// The attribute parsed; a value that does not parse is unreadable.
pub(super) fn parsed<T>(
    attribute: Attribute<Vec<u8>>,
    parse: impl FnOnce(&[u8]) -> Option<T>,
) -> Attribute<T> {
    match attribute {
        Attribute::Known(bytes) => known(parse(&bytes)),
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

/// What was read; unreadable where nothing was.
pub(super) fn known<T>(read: Option<T>) -> Attribute<T> {
    read.map_or(Attribute::Unreadable, Attribute::Known)
}

/// The attribute where Envoy shows it of everything that has it, so that its absence means that it cannot be told.
pub(super) fn never_absent<T>(attribute: Attribute<T>) -> Attribute<T> {
    match attribute {
        Attribute::Known(value) => Attribute::Known(value),
        Attribute::Absent | Attribute::Unreadable => Attribute::Unreadable,
    }
}

/// The attribute, borrowed.
pub(super) fn lent<T>(attribute: &Attribute<T>) -> Attribute<&T> {
    match attribute {
        Attribute::Known(value) => Attribute::Known(value),
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;

    #[test]
    fn only_a_property_that_the_host_does_not_have_is_absent() {
        let table = [
            (Ok(&b"\xff"[..]), Attribute::Known(b"\xff".to_vec())),
            (Ok(b""), Attribute::Known(Vec::new())),
            (Err(HostError::NotFound), Attribute::Absent),
            (Err(HostError::Status(2)), Attribute::Unreadable),
            (Err(HostError::NullBuffer { size: 1 }), Attribute::Unreadable),
        ];
        for (reading, expected) in table {
            let host = FakeHost::new();
            host.set_reading("a", reading);
            assert_eq!(read(&host, "a"), expected, "{reading:?}");
        }
    }

    #[test]
    fn what_does_not_parse_is_unreadable() {
        let number = |attribute| parsed(attribute, |bytes| bytes.first().copied());
        assert_eq!(number(Attribute::Known(vec![7])), Attribute::Known(7));
        assert_eq!(number(Attribute::Known(Vec::new())), Attribute::Unreadable);
        assert_eq!(number(Attribute::Absent), Attribute::Absent);
        assert_eq!(number(Attribute::Unreadable), Attribute::Unreadable);
    }

    #[test]
    fn an_attribute_that_is_always_there_is_unreadable_where_it_is_not() {
        assert_eq!(never_absent(Attribute::Known(7)), Attribute::Known(7));
        assert_eq!(never_absent(Attribute::<u8>::Absent), Attribute::Unreadable);
        assert_eq!(never_absent(Attribute::<u8>::Unreadable), Attribute::Unreadable);
    }
}
