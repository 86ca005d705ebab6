//! Protobuf's wire format, so much of it as messages for plugins need.

/// A field of bytes: its tag in one byte, their length, and the bytes.
pub(crate) fn delimited(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![tag];
    put_length(&mut field, bytes.len());
    field.extend_from_slice(bytes);
    field
}

/// The same, and nothing where there are no bytes: proto3 leaves out what is empty.
pub(crate) fn delimited_unless_empty(tag: u8, bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    delimited(tag, bytes)
}

/// Seven bits a byte, lowest first; the top bit says that another byte follows.
fn put_length(field: &mut Vec<u8>, mut length: usize) {
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            field.push(low & 0x7f);
            return;
        }
        field.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_128_and_more_takes_two_bytes() {
        let lengths: [(usize, &[u8]); 4] =
            [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")];
        for (length, bytes) in lengths {
            let mut field = Vec::new();
            put_length(&mut field, length);
            assert_eq!(field, bytes, "{length}");
        }
    }

    #[test]
    fn what_is_empty_is_left_out() {
        assert_eq!(delimited_unless_empty(0x0a, b""), b"");
        assert_eq!(delimited_unless_empty(0x0a, b"x"), b"\x0a\x01x");
    }
}
