//! HPACK (RFC 7541) as far as this suite needs it: fields written literally, so that any bytes can stand in them, and the
//! status of a response read.

/// Names and values in their order, pseudo-headers among them.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

const LITERAL_WITHOUT_INDEXING: u8 = 0x00;
const HUFFMAN: u8 = 0x80;
/// The static table has `:status` at these indices, with the values of `STATUSES`.
const FIRST_STATUS_INDEX: u8 = 8;
const STATUSES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];

/// A header block in which every field is a literal with a literal name, without Huffman coding and without indexing.
#[must_use]
pub fn encode(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(LITERAL_WITHOUT_INDEXING);
        push_text(&mut block, name);
        push_text(&mut block, value);
    }
    block
}

fn push_text(block: &mut Vec<u8>, text: &[u8]) {
    push_integer(block, 7, text.len());
    block.extend_from_slice(text);
}

/// RFC 7541, section 5.1, with the bits above the prefix zero.
fn push_integer(block: &mut Vec<u8>, prefix_bits: u32, value: usize) {
    let most = (1_usize << prefix_bits) - 1;
    if value < most {
        block.push(value as u8);
        return;
    }
    block.push(most as u8);
    let mut rest = value - most;
    while rest >= 0x80 {
        block.push((rest % 0x80) as u8 | 0x80);
        rest /= 0x80;
    }
    block.push(rest as u8);
}

/// The status in the header block of a response, which comes first (RFC 9113, section 8.3). The peer's encoder must have
/// been told to keep no dynamic table.
#[must_use]
pub fn status(block: &[u8]) -> Option<u16> {
    let (first, rest) = block.split_first()?;
    match first {
        // A change of the table's size.
        0x20..=0x3f => status(rest),
        0x80.. => {
            let index = (first & 0x7f).checked_sub(FIRST_STATUS_INDEX)?;
            STATUSES.get(usize::from(index)).copied()
        }
        // A literal whose name is an entry of the static table: six bits of index, or four.
        0x40..=0x7f => literal_status(first & 0x3f, rest),
        0x00..=0x1f => literal_status(first & 0x0f, rest),
    }
}

fn literal_status(index: u8, value: &[u8]) -> Option<u16> {
    let known = FIRST_STATUS_INDEX..FIRST_STATUS_INDEX + STATUSES.len() as u8;
    let (length, text) = value.split_first().filter(|_| known.contains(&index))?;
    let text = text.get(..usize::from(length & !HUFFMAN))?;
    let digits = if length & HUFFMAN == 0 {
        String::from_utf8(text.to_vec()).ok()?
    } else {
        huffman_digits(text)?
    };
    digits.parse().ok()
}

/// Three digits: `0` to `2` have codes of five bits, the others of six (RFC 7541, appendix B).
fn huffman_digits(bytes: &[u8]) -> Option<String> {
    let mut bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut take = |count: u32| (0..count).try_fold(0_u8, |code, _| Some(code << 1 | bits.next()?));
    let mut digits = String::new();
    for _ in 0..3 {
        let five = take(5)?;
        let digit = if five <= 2 {
            five
        } else {
            (five << 1 | take(1)?).checked_sub(0x19)? + 3
        };
        digits.push(char::from_digit(u32::from(digit), 10)?);
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_byte_for_byte() {
        let block = encode(&[(b":path".to_vec(), b"/\0".to_vec())]);
        assert_eq!(block, b"\x00\x05:path\x02/\0");
        let long = encode(&[(b"x".to_vec(), vec![b'a'; 1337])]);
        assert_eq!(&long[..6], b"\x00\x01x\x7f\xba\x09");
        assert_eq!(long.len(), 6 + 1337);
    }

    #[test]
    fn a_status_is_read_in_each_form() {
        for (block, expected) in [
            (&b"\x88"[..], 200),
            (b"\x20\x8e", 500),
            (b"\x48\x03403", 403),
            (b"\x08\x03503", 503),
            // `302` in appendix C.6.1 of RFC 7541.
            (b"\x48\x82\x64\x02", 302),
        ] {
            assert_eq!(status(block), Some(expected), "{block:x?}");
        }
        assert_eq!(status(b"\x82"), None);
    }
}
