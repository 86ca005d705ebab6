//! Bytes and lists as a log line shows them.

/// How much of a long text is shown.
const LONGEST: usize = 300;

/// Quoted and escaped; of a long text its beginning, its length and a checksum.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    if bytes.len() <= LONGEST {
        return format!("\"{}\"", bytes.escape_ascii());
    }
    let head = bytes[..32].escape_ascii();
    format!("\"{head}..\" of {} bytes, sum {:08x}", bytes.len(), sum(bytes))
}

/// The pairs of an encoded list, or its bytes where it is none.
pub(crate) fn pairs(encoded: &[u8]) -> String {
    let Some(pairs) = decode(encoded) else {
        return format!("no list of pairs: {}", bytes(encoded));
    };
    let shown: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", name.escape_ascii(), value.escape_ascii()))
        .collect();
    format!("{{{}}}", shown.join(", "))
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

fn decode(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (count, mut lengths) = number(bytes)?;
    let mut texts = lengths.get(count.checked_mul(8)?..)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        let (name, rest) = number(lengths)?;
        let (value, rest) = number(rest)?;
        lengths = rest;
        pairs.push((text(&mut texts, name)?, text(&mut texts, value)?));
    }
    texts.is_empty().then_some(pairs)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

/// A text and the NUL behind it.
fn text<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest.strip_prefix(b"\0")?;
    Some(text)
}
