//! The little DER that extensions are written in.

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const CONTEXT_0: u8 = 0x80;
pub(crate) const CONTEXT_1: u8 = 0x81;
pub(crate) const CONTEXT_2: u8 = 0x82;
pub(crate) const CONTEXT_6: u8 = 0x86;
const BIT_STRING: u8 = 0x03;
const LONG_LENGTH: u8 = 0x80;

/// An element: tag, length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    element.extend(length(content.len()));
    element.extend_from_slice(content);
    element
}

/// Up to eight named bits, the first of them the highest, without the zeros at the end.
pub(crate) fn bit_string(bits: u8) -> Vec<u8> {
    match u8::try_from(bits.trailing_zeros()) {
        Ok(unused) if bits != 0 => element(BIT_STRING, &[unused, bits]),
        _ => element(BIT_STRING, &[0]),
    }
}

/// The short form below 128, else the number of the bytes that follow, and those.
fn length(bytes: usize) -> Vec<u8> {
    match u8::try_from(bytes) {
        Ok(short) if short < LONG_LENGTH => vec![short],
        _ => {
            let digits = bytes.to_be_bytes().into_iter().skip_while(|byte| *byte == 0);
            let digits: Vec<u8> = digits.collect();
            let count = digits
                .iter()
                .fold(LONG_LENGTH, |count, _| count.saturating_add(1));
            std::iter::once(count).chain(digits).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_takes_as_many_bytes_as_it_needs() {
        assert_eq!(length(127), [127]);
        assert_eq!(length(128), [0x81, 128]);
        assert_eq!(length(255), [0x81, 255]);
        assert_eq!(length(2049), [0x82, 8, 1]);
    }

    #[test]
    fn a_bit_string_says_how_many_bits_of_its_last_byte_are_unused() {
        assert_eq!(bit_string(0b1000_0000), [3, 2, 7, 0b1000_0000]);
        assert_eq!(bit_string(0b0000_0110), [3, 2, 1, 0b0000_0110]);
        assert_eq!(bit_string(0), [3, 1, 0]);
    }
}
