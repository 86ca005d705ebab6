//! The dynamic metadata, with the claims of a verified JWT.

use spiffe_authz_policy::{Attribute, Document, Limits};

use super::reading::{parsed, read};
use crate::host::Host;
use crate::property;

/// The dynamic metadata: Envoy gives it as a serialized `envoy.config.core.v3.Metadata`.
pub(super) fn read_metadata(host: &impl Host) -> Attribute<Document> {
    parsed(read(host, property::METADATA), |bytes| {
        Document::from_metadata_message(bytes, Limits::default()).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;

    type Reading = Result<&'static [u8], HostError>;

    /// `filter_metadata { key: "a" value { fields { key: "k" value { string_value: "v" } } } }`
    const A_K_V: &[u8] = b"\x0a\x0f\x0a\x01a\x12\x0a\x0a\x08\x0a\x01k\x12\x03\x1a\x01v";

    fn metadata(reading: Reading) -> Attribute<Document> {
        let host = FakeHost::new();
        host.set_reading(property::METADATA, reading);
        read_metadata(&host)
    }

    #[test]
    fn metadata_is_a_map_of_maps() {
        let inner = Document::Map(vec![("k".to_owned(), Document::String("v".to_owned()))]);
        let expected = Document::Map(vec![("a".to_owned(), inner)]);
        assert_eq!(metadata(Ok(A_K_V)), Attribute::Known(expected));
    }

    #[test]
    fn an_empty_message_is_metadata_without_anything() {
        assert_eq!(metadata(Ok(b"")), Attribute::Known(Document::Map(Vec::new())));
    }

    #[test]
    fn only_metadata_that_the_host_does_not_have_is_absent() {
        let table: [(Reading, Attribute<Document>); 4] = [
            (Ok(b"\x0a\x0f\x0a"), Attribute::Unreadable),
            (Ok(b"\xff"), Attribute::Unreadable),
            (Err(HostError::Status(2)), Attribute::Unreadable),
            (Err(HostError::NotFound), Attribute::Absent),
        ];
        for (reading, expected) in table {
            assert_eq!(metadata(reading), expected, "{reading:?}");
        }
    }
}
