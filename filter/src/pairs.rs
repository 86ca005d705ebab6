//! The serialized list of pairs in which a proxy-wasm host hands over headers and maps, and takes headers.
//!
//! ```text
//! count u32 | count x (key length u32, value length u32) | count x (key, NUL, value, NUL)      little-endian
//! ```
//! An empty list may also be no byte at all, or a single zero byte. Every length is checked against the bytes that
//! are there: a list that does not fit to the byte is malformed as a whole.

/// A key and its value, borrowed from the serialized list. Both are raw bytes.
pub type Pair<'b> = (&'b [u8], &'b [u8]);

/// What a pair takes at least: two lengths and two NULs.
const LEAST_PAIR_BYTES: usize = 10;

/// The bytes are no serialized list of pairs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no list of pairs")]
pub struct MalformedPairs;

/// Reads a serialized list of pairs, in its order.
///
/// # Errors
/// When a length or a terminator does not fit, or bytes are left over. Work and memory are bounded by the bytes
/// given, whatever count they claim.
pub fn parse(bytes: &[u8]) -> Result<Vec<Pair<'_>>, MalformedPairs> {
    parse_into(bytes, Vec::new())
}

/// As [`parse`], into the memory of a list whose pairs are forgotten.
///
/// # Errors
/// As [`parse`].
pub fn parse_into<'b>(bytes: &'b [u8], mut pairs: Vec<Pair<'b>>) -> Result<Vec<Pair<'b>>, MalformedPairs> {
    pairs.clear();
    match bytes {
        [] | [0] => Ok(pairs),
        _ => parse_counted(bytes, pairs).ok_or(MalformedPairs),
    }
}

fn parse_counted<'b>(bytes: &'b [u8], mut pairs: Vec<Pair<'b>>) -> Option<Vec<Pair<'b>>> {
    let (count, rest) = bytes.split_first_chunk()?;
    let count = length(*count)?;
    if count > rest.len() / LEAST_PAIR_BYTES {
        return None;
    }
    let (lengths, mut data) = rest.split_at_checked(count.checked_mul(8)?)?;
    let (lengths, _) = lengths.as_chunks();
    pairs.reserve(count);
    for [a, b, c, d, e, f, g, h] in lengths {
        let key = take_text(length([*a, *b, *c, *d])?, &mut data)?;
        let value = take_text(length([*e, *f, *g, *h])?, &mut data)?;
        pairs.push((key, value));
    }
    data.is_empty().then_some(pairs)
}

/// The next text of this length and the NUL behind it.
fn take_text<'b>(length: usize, data: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (text, rest) = data.split_at_checked(length)?;
    let [0, rest @ ..] = rest else {
        return None;
    };
    *data = rest;
    Some(text)
}

fn length(bytes: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// Writes a list of pairs.
pub fn serialize(pairs: &[Pair<'_>]) -> Vec<u8> {
    let mut bytes = length_of(pairs).to_vec();
    for (key, value) in pairs {
        bytes.extend(length_of(key));
        bytes.extend(length_of(value));
    }
    for text in pairs.iter().flat_map(|(key, value)| [key, value]) {
        bytes.extend(*text);
        bytes.push(0);
    }
    bytes
}

/// On the 32-bit machine that the filter runs on, every length fits; on another, one that does not makes a list that no
/// host takes.
fn length_of<T>(list: &[T]) -> [u8; 4] {
    u32::try_from(list.len()).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [Pair<'static>; 4] = [
        (b":method", b"GET"),
        (b"x-raw", b"\xff\0\xfe"),
        (b"", b""),
        (b"\xff", b"last"),
    ];

    #[test]
    fn pairs_come_back_in_their_order_with_raw_bytes() {
        assert_eq!(parse(&serialize(&PAIRS)), Ok(PAIRS.to_vec()));
    }

    #[test]
    fn an_empty_list_has_three_forms() {
        for bytes in [&b""[..], b"\0", b"\0\0\0\0"] {
            assert_eq!(parse(bytes), Ok(Vec::new()), "{bytes:?}");
        }
    }

    #[test]
    fn a_list_cut_short_anywhere_is_malformed() {
        let whole = serialize(&PAIRS);
        for length in 1..whole.len() {
            assert_eq!(parse(&whole[..length]), Err(MalformedPairs), "{length} bytes");
        }
    }

    #[test]
    fn bytes_behind_the_last_pair_are_malformed() {
        let whole = serialize(&PAIRS);
        for extra in [&b"\0"[..], b"x", b"\0\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(parse(&[&whole, extra].concat()), Err(MalformedPairs), "{extra:?}");
        }
    }

    #[test]
    fn a_huge_count_or_length_is_malformed_and_costs_nothing() {
        let whole = serialize(&PAIRS);
        for at in [0, 4, 8, 12, 16] {
            for number in [u32::MAX, u32::MAX / 8, 1 << 31, 1 << 29, 1 << 16, 1000] {
                let mut bytes = whole.clone();
                bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
                assert_eq!(parse(&bytes), Err(MalformedPairs), "{number} at {at}");
            }
        }
    }

    #[test]
    fn any_byte_changed_gives_a_list_or_an_error() {
        let whole = serialize(&PAIRS);
        for at in 0..whole.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                if let Ok(pairs) = parse(&bytes) {
                    let total: usize = pairs.iter().map(|(key, value)| key.len() + value.len()).sum();
                    assert_eq!(
                        4 + pairs.len() * LEAST_PAIR_BYTES + total,
                        bytes.len(),
                        "{byte} at {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_text_without_its_terminator_is_malformed() {
        let mut bytes = serialize(&[(b"a", b"b")]);
        *bytes.last_mut().unwrap() = b'x';
        assert_eq!(parse(&bytes), Err(MalformedPairs));
    }
}
