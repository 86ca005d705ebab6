//! The zlib format (RFC 1950), to the byte as Envoy 1.40 writes it.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status as Flow};

use crate::abi::Status;

/// Why bytes could not be uncompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// No zlib stream, or one that breaks off.
    Malformed,
    /// More came out than there may.
    TooLarge,
}

/// What a block costs at most beyond its bytes, and a stream beyond its blocks.
const OVERHEAD: usize = 64;

pub(crate) fn compress(bytes: &[u8]) -> Result<Vec<u8>, Status> {
    let mut compress = Compress::new(Compression::default(), true);
    // A margin of one eighth is more than what cannot be compressed grows by.
    let bound = bytes
        .len()
        .saturating_add(bytes.len() >> 3)
        .saturating_add(OVERHEAD);
    let mut out = Vec::with_capacity(bound);
    match compress.compress_vec(bytes, &mut out, FlushCompress::Finish) {
        Ok(Flow::StreamEnd) => Ok(out),
        Ok(Flow::Ok | Flow::BufError) | Err(_) => Err(Status::SerializationFailure),
    }
}

/// Takes the zlib stream at the beginning of these bytes; what comes behind it is left alone, as in Envoy.
pub(crate) fn uncompress(bytes: &[u8], most: u64) -> Result<Vec<u8>, InflateError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut decompress = Decompress::new(true);
    let mut out = Vec::with_capacity(bytes.len().saturating_add(OVERHEAD).min(most));
    loop {
        let read = usize::try_from(decompress.total_in()).map_err(|_| InflateError::Malformed)?;
        let rest = bytes.get(read..).unwrap_or_default();
        match decompress.decompress_vec(rest, &mut out, FlushDecompress::Finish) {
            Ok(Flow::StreamEnd) => return Ok(out),
            Ok(Flow::Ok | Flow::BufError) if out.len() == out.capacity() => grow(&mut out, most)?,
            Ok(Flow::Ok | Flow::BufError) | Err(_) => return Err(InflateError::Malformed),
        }
    }
}

/// Makes room for as much again, as far as there may be that much.
fn grow(out: &mut Vec<u8>, most: usize) -> Result<(), InflateError> {
    let room = most.saturating_sub(out.len()).min(out.len().max(OVERHEAD));
    if room == 0 {
        return Err(InflateError::TooLarge);
    }
    out.reserve_exact(room);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 1 << 20;

    /// What Envoy 1.40 makes of `hello`, and of no bytes.
    const HELLO: &[u8] = b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15";
    const NOTHING: &[u8] = b"\x78\x9c\x03\x00\x00\x00\x00\x01";

    #[test]
    fn the_bytes_are_those_of_envoy() {
        assert_eq!(compress(b"hello"), Ok(HELLO.to_vec()));
        assert_eq!(compress(b""), Ok(NOTHING.to_vec()));
        let text = b"The quick brown fox jumps over the lazy dog. ".repeat(40);
        assert_eq!(compress(&text).unwrap().len(), 73);
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let random: Vec<u8> = (0..70_000_u32)
            .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3])
            .collect();
        for bytes in [b"hello".to_vec(), Vec::new(), vec![7; 100_000], random] {
            let there_and_back = uncompress(&compress(&bytes).unwrap(), MOST);
            assert_eq!(there_and_back, Ok(bytes));
        }
    }

    #[test]
    fn what_is_no_whole_stream_is_malformed() {
        for bytes in [
            &b""[..],
            b"junk",
            &HELLO[..8],
            &HELLO[..12],
            b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\0\0\0\0",
        ] {
            assert_eq!(uncompress(bytes, MOST), Err(InflateError::Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn what_comes_behind_the_stream_is_left_alone() {
        assert_eq!(
            uncompress(&[HELLO, b"tail"].concat(), MOST),
            Ok(b"hello".to_vec())
        );
    }

    #[test]
    fn no_more_comes_out_than_there_may() {
        let zeros = compress(&[0; 1000]).unwrap();
        assert_eq!(uncompress(&zeros, 999), Err(InflateError::TooLarge));
        assert_eq!(uncompress(&zeros, 1000), Ok(vec![0; 1000]));
        assert_eq!(uncompress(HELLO, 0), Err(InflateError::TooLarge));
    }
}
