//! [`Fingerprint`]: which configuration it is, as a number that a gauge can have.

use sha2::{Digest, Sha256};

/// How many bits of the digest are shown: 13 hexadecimal digits. A gauge is a 64-bit float wherever it is looked at, which
/// has whole numbers of up to 53 bits.
const BITS: u32 = 52;

/// The first 52 bits of the SHA-256 of a configuration, byte for byte as the proxy hands it over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(configuration: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(configuration).into();
        let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        Self(u64::from_be_bytes(*first) >> u64::BITS.saturating_sub(BITS))
    }

    /// A number below 2^52.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_begins_with() {
        // printf '' | sha256sum | cut -c1-13
        assert_eq!(Fingerprint::of(b"").number(), 0x000e_3b0c_4429_8fc1);
        // printf abc | sha256sum | cut -c1-13
        assert_eq!(Fingerprint::of(b"abc").number(), 0x000b_a781_6bf8_f01c);
    }

    #[test]
    fn a_float_has_it_to_the_last_bit() {
        for configuration in [&b""[..], b"abc", b"{}"] {
            assert!(Fingerprint::of(configuration).number() < 1 << 52);
        }
    }
}
