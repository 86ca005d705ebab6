//! Hashes of text that can be read off at any length, so that a prefix is looked up like a whole text.

/// The same in every process: a hash that depends on chance would ask the host for randomness. What a peer may do with a
/// hash that it knows is to be judged by a rule that does not match.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Whether upper-case letters count as their lower-case forms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Case {
    Kept,
    Folded,
}

/// From which end a text is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    Front,
    Back,
}

/// The hash of a whole text.
pub(super) fn hash(text: &[u8], case: Case) -> u64 {
    Rolling::new(text, case, End::Front)
        .at(text.len())
        .unwrap_or_default()
}

/// The hash of a text read from its back.
pub(super) fn hash_from_back(text: &[u8], case: Case) -> u64 {
    Rolling::new(text, case, End::Back)
        .at(text.len())
        .unwrap_or_default()
}

/// Stirs all bits of a hash into all others.
pub(super) fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(FACTOR);
    hash ^ (hash >> 29)
}

/// Adds a word to a hash.
pub(super) fn add(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR)
}

/// A hash that goes over a text once, eight bytes at a time.
#[derive(Clone, Copy)]
pub(super) struct Rolling<'t> {
    rest: &'t [u8],
    hash: u64,
    taken: usize,
    case: Case,
    end: End,
}

impl<'t> Rolling<'t> {
    pub(super) fn new(text: &'t [u8], case: Case, end: End) -> Self {
        Self {
            rest: text,
            hash: 0,
            taken: 0,
            case,
            end,
        }
    }

    /// The hash of the first `length` bytes, or of the last. Lengths must not fall from one call to the next; `None` where
    /// the text is shorter.
    pub(super) fn at(&mut self, length: usize) -> Option<u64> {
        let mut needed = length.checked_sub(self.taken)?;
        while needed >= 8 {
            self.take_word()?;
            needed = needed.saturating_sub(8);
        }
        let last = self.folded(self.part_of_word(needed)?);
        Some(add(add(self.hash, last), u64::try_from(length).ok()?))
    }

    fn take_word(&mut self) -> Option<()> {
        let word = match self.end {
            End::Front => {
                let (word, rest) = self.rest.split_first_chunk()?;
                self.rest = rest;
                u64::from_le_bytes(*word)
            }
            End::Back => {
                let (rest, word) = self.rest.split_last_chunk()?;
                self.rest = rest;
                u64::from_be_bytes(*word)
            }
        };
        self.hash = add(self.hash, self.folded(word));
        self.taken = self.taken.saturating_add(8);
        Some(())
    }

    /// Fewer bytes than a word has, the one that is read first in the lowest place.
    fn part_of_word(&self, length: usize) -> Option<u64> {
        let place = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        Some(match self.end {
            End::Front => self.rest.get(..length)?.iter().rev().fold(0, place),
            End::Back => {
                let start = self.rest.len().checked_sub(length)?;
                self.rest.get(start..)?.iter().fold(0, place)
            }
        })
    }

    fn folded(&self, word: u64) -> u64 {
        match self.case {
            Case::Kept => word,
            Case::Folded => to_lower_case(word),
        }
    }
}

/// Eight ASCII letters in lower case at once; other bytes stay.
fn to_lower_case(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low_bits = word & (EACH.wrapping_mul(0x7f));
    let from_a = low_bits.wrapping_add(EACH.wrapping_mul(0x80 - 0x41));
    let above_z = low_bits.wrapping_add(EACH.wrapping_mul(0x7f - 0x5a));
    let is_upper = (from_a ^ above_z) & !word & EACH.wrapping_mul(0x80);
    word | is_upper >> 2
}

/// The same hash over bytes that come one by one, from the front.
pub(super) struct Streamed {
    hash: u64,
    word: u64,
    length: u64,
}

impl Streamed {
    pub(super) fn new() -> Self {
        Self {
            hash: 0,
            word: 0,
            length: 0,
        }
    }

    pub(super) fn push(&mut self, byte: u8) {
        let place = (self.length & 7) << 3;
        self.word |= u64::from(byte) << place;
        self.length = self.length.saturating_add(1);
        if place == 56 {
            self.hash = add(self.hash, self.word);
            self.word = 0;
        }
    }

    /// The hash of what came so far.
    pub(super) fn finish(&self) -> u64 {
        add(add(self.hash, self.word), self.length)
    }

    /// Takes bytes until there are so many, and gives their hash; `None` where there are fewer.
    pub(super) fn take_up_to(&mut self, bytes: &mut impl Iterator<Item = u8>, length: u64) -> Option<u64> {
        while self.length < length {
            self.push(bytes.next()?);
        }
        Some(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const TEXT: &[u8] = b"/api/v1/Resource-000017/ITEMS/\xc1\xe1@[`{";

    #[test]
    fn a_prefix_has_the_hash_that_it_has_alone() {
        for case in [Case::Kept, Case::Folded] {
            let mut rolling = Rolling::new(TEXT, case, End::Front);
            for length in 0..=TEXT.len() {
                assert_eq!(rolling.at(length), Some(hash(&TEXT[..length], case)));
            }
            assert_eq!(rolling.at(TEXT.len() + 1), None);
            assert_eq!(rolling.at(TEXT.len() + 9), None);
            assert_eq!(rolling.at(TEXT.len()), Some(hash(TEXT, case)));
        }
    }

    #[test]
    fn a_suffix_has_the_hash_that_it_has_alone() {
        let mut rolling = Rolling::new(TEXT, Case::Kept, End::Back);
        for length in 0..=TEXT.len() {
            let suffix = &TEXT[TEXT.len() - length..];
            assert_eq!(rolling.at(length), Some(hash_from_back(suffix, Case::Kept)));
        }
    }

    #[test]
    fn folded_text_has_the_hash_of_its_lower_case() {
        for length in 0..=TEXT.len() {
            let text = &TEXT[..length];
            let lower = text.to_ascii_lowercase();
            assert_eq!(hash(text, Case::Folded), hash(&lower, Case::Kept));
            assert_eq!(
                hash_from_back(text, Case::Folded),
                hash_from_back(&lower, Case::Kept)
            );
        }
        for byte in 0..=u8::MAX {
            let lower = u64::from(byte.to_ascii_lowercase());
            assert_eq!(to_lower_case(u64::from(byte) << 16), lower << 16);
        }
    }

    #[test]
    fn bytes_one_by_one_have_the_hash_of_the_text() {
        let mut streamed = Streamed::new();
        for (length, byte) in TEXT.iter().enumerate() {
            assert_eq!(streamed.finish(), hash(&TEXT[..length], Case::Kept));
            streamed.push(*byte);
        }
        assert_eq!(streamed.finish(), hash(TEXT, Case::Kept));
    }

    #[test]
    fn a_zero_byte_more_is_another_text() {
        let texts: [&[u8]; 4] = [b"", b"\0", b"\0\0", b"\0\0\0\0\0\0\0\0"];
        let hashes: std::collections::BTreeSet<u64> =
            texts.iter().map(|text| hash(text, Case::Kept)).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}
