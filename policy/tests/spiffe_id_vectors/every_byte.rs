//! Every byte, and every character up to U+00FF, in the trust domain and in the path.

use crate::vector::{Vector, What};

/// SPIFFE-ID section 2.1: letters in lower case, digits, dots, dashes and underscores.
pub(crate) const TRUST_DOMAIN_BYTES: &[u8] = b"-.0123456789_abcdefghijklmnopqrstuvwxyz";
/// SPIFFE-ID section 2.2: in a segment letters of either case.
const SEGMENT_BYTES: &[u8] = b"-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// A place that a byte is put into: its name, what stands before and behind, and the bytes that make it an ID.
struct Place {
    name: &'static str,
    before: &'static str,
    behind: &'static str,
    allowed: &'static [u8],
    what: What,
}

/// A slash is left out where it would end the trust domain or a segment: `named.txt` has such.
const PLACES: [Place; 4] = [
    Place {
        name: "in the trust domain",
        before: "spiffe://trust",
        behind: "domain/path",
        allowed: TRUST_DOMAIN_BYTES,
        what: What::Workload,
    },
    Place {
        name: "at the end of a trust domain alone",
        before: "spiffe://trustdomain",
        behind: "",
        allowed: TRUST_DOMAIN_BYTES,
        what: What::Signer,
    },
    Place {
        name: "in a segment",
        before: "spiffe://trustdomain/pa",
        behind: "th",
        allowed: SEGMENT_BYTES,
        what: What::Workload,
    },
    Place {
        name: "at the end of the path",
        before: "spiffe://trustdomain/path",
        behind: "",
        allowed: SEGMENT_BYTES,
        what: What::Workload,
    },
];

pub(crate) fn ids() -> Vec<Vector> {
    let bytes = PLACES.iter().flat_map(Place::every_byte);
    let characters = PLACES.iter().flat_map(Place::every_character_beyond_ascii);
    bytes.chain(characters).collect()
}

impl Place {
    fn every_byte(&self) -> impl Iterator<Item = Vector> {
        let bytes = (0..=u8::MAX).filter(|byte| *byte != b'/' || self.slash_is_refused());
        bytes.map(|byte| {
            let what = if self.allowed.contains(&byte) {
                self.what
            } else {
                What::Refused
            };
            self.vector(&format!("byte 0x{byte:02x}"), &[byte], what)
        })
    }

    /// No character beyond ASCII may stand anywhere.
    fn every_character_beyond_ascii(&self) -> impl Iterator<Item = Vector> {
        ('\u{80}'..='\u{ff}').map(|character| {
            let name = format!("character U+{:04X}", u32::from(character));
            self.vector(&name, character.to_string().as_bytes(), What::Refused)
        })
    }

    fn vector(&self, inserted: &str, bytes: &[u8], what: What) -> Vector {
        let id = [self.before.as_bytes(), bytes, self.behind.as_bytes()].concat();
        Vector::new(format!("{inserted} {}", self.name), id, what)
    }

    /// Where nothing stands behind, a slash is a trailing one.
    fn slash_is_refused(&self) -> bool {
        self.behind.is_empty()
    }
}
