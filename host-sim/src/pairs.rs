//! The byte form of a list of pairs: how header maps, trailers and map-valued properties cross into the guest.
//!
//! `u32` count, then for each pair `u32` name length and `u32` value length, then for each pair the name, a NUL,
//! the value, a NUL; little endian. (proxy-wasm/spec v0.2.1, "Serialization".)

use crate::limits::Limits;

/// A name and a value, as raw bytes.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// Bytes that are no list of pairs, or one beyond the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPairs;

/// Writes the list down; an empty list has no bytes.
///
/// # Errors
/// [`BadPairs`] when a length does not fit the format's 32 bits.
pub(crate) fn encode<'p>(
    pairs: impl Iterator<Item = (&'p [u8], &'p [u8])> + Clone,
) -> Result<Vec<u8>, BadPairs> {
    let count = pairs.clone().count();
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut bytes = length(count)?.to_vec();
    for (name, value) in pairs.clone() {
        bytes.extend(length(name.len())?);
        bytes.extend(length(value.len())?);
    }
    for text in pairs.flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text);
        bytes.push(0);
    }
    Ok(bytes)
}

/// Reads a list; no bytes at all, and a count of zero, are the empty list.
///
/// # Errors
/// [`BadPairs`] when the bytes end early, a NUL is missing, bytes are left over, or a limit is exceeded.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Vec<Pair>, BadPairs> {
    if bytes.is_empty() || bytes == [0] {
        return Ok(Vec::new());
    }
    if bytes.len() > limits.pairs_bytes {
        return Err(BadPairs);
    }
    let mut rest = Rest(bytes);
    let count = rest.length()?;
    if count > limits.pairs_count {
        return Err(BadPairs);
    }
    let lengths = (0..count)
        .map(|_| Ok((rest.length()?, rest.length()?)))
        .collect::<Result<Vec<_>, _>>()?;
    let pairs = lengths
        .into_iter()
        .map(|(name, value)| Ok((rest.text(name)?, rest.text(value)?)))
        .collect();
    if rest.0.is_empty() {
        pairs
    } else {
        pairs.and(Err(BadPairs))
    }
}

fn length(length: usize) -> Result<[u8; 4], BadPairs> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(|_| BadPairs)
}

/// What has not been read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], BadPairs> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BadPairs)?;
        self.0 = rest;
        Ok(taken)
    }

    fn length(&mut self) -> Result<usize, BadPairs> {
        let (number, rest) = self.0.split_first_chunk().ok_or(BadPairs)?;
        self.0 = rest;
        usize::try_from(u32::from_le_bytes(*number)).map_err(|_| BadPairs)
    }

    fn text(&mut self, length: usize) -> Result<Vec<u8>, BadPairs> {
        let text = self.take(length)?.to_vec();
        if self.take(1)? == [0] {
            Ok(text)
        } else {
            Err(BadPairs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"\x02\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0\0\0\0\0a\0\xff\xfe\0b\0\0";

    fn pair(name: &[u8], value: &[u8]) -> Pair {
        (name.to_vec(), value.to_vec())
    }

    #[test]
    fn pairs_are_written_as_the_abi_says() {
        let pairs = [(&b"a"[..], &b"\xff\xfe"[..]), (b"b", b"")];
        assert_eq!(encode(pairs.into_iter()).unwrap(), TWO);
    }

    #[test]
    fn pairs_read_back_byte_for_byte() {
        let pairs = decode(TWO, &Limits::default()).unwrap();
        assert_eq!(pairs, [pair(b"a", b"\xff\xfe"), pair(b"b", b"")]);
    }

    #[test]
    fn every_form_of_the_empty_list_is_empty() {
        for bytes in [&b""[..], b"\0", b"\0\0\0\0"] {
            assert_eq!(decode(bytes, &Limits::default()), Ok(Vec::new()), "{bytes:?}");
        }
        assert_eq!(encode(std::iter::empty()), Ok(Vec::new()));
    }

    #[test]
    fn every_cut_and_every_surplus_is_refused() {
        for end in 2..TWO.len() {
            assert_eq!(
                decode(&TWO[..end], &Limits::default()),
                Err(BadPairs),
                "first {end} bytes"
            );
        }
        assert_eq!(decode(&[TWO, b"x"].concat(), &Limits::default()), Err(BadPairs));
    }

    #[test]
    fn a_count_that_the_bytes_cannot_hold_is_refused_before_anything_is_kept() {
        let limits = Limits {
            pairs_count: usize::MAX,
            ..Limits::default()
        };
        assert_eq!(decode(b"\xff\xff\xff\xff\x01\0\0\0", &limits), Err(BadPairs));
    }

    #[test]
    fn a_list_at_a_limit_is_read_and_one_beyond_is_refused() {
        let limits = Limits {
            pairs_count: 2,
            pairs_bytes: TWO.len(),
            ..Limits::default()
        };
        assert!(decode(TWO, &limits).is_ok());
        assert!(
            decode(
                TWO,
                &Limits {
                    pairs_count: 1,
                    ..limits
                }
            )
            .is_err()
        );
        assert!(
            decode(
                TWO,
                &Limits {
                    pairs_bytes: TWO.len() - 1,
                    ..limits
                }
            )
            .is_err()
        );
    }
}
