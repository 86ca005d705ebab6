//! Headers as scripts write them and as observations show them.

/// Names and values, raw, in order.
pub type Pairs = Vec<(String, Vec<u8>)>;

/// `name: value` lines as pairs.
///
/// # Errors
/// When a line has no `: `.
pub fn pairs(lines: &[String]) -> Result<Pairs, String> {
    let pair = |line: &String| {
        // The name of a pseudo-header begins with the sign that ends a name.
        let end = line.get(1..).and_then(|rest| rest.find(':'));
        let end = end.ok_or_else(|| format!("`{line}` is no `name: value`"))? + 1;
        Ok((line[..end].to_owned(), unescape(line[end + 1..].trim_start())))
    };
    lines.iter().map(pair).collect()
}

/// The headers of a request, the pseudo-headers in front.
///
/// # Errors
/// When the line has no two words or a header is none.
pub fn request(line: &str, headers: &[String]) -> Result<Pairs, String> {
    let (method, path) = line
        .split_once(' ')
        .ok_or_else(|| format!("`{line}` is no method and path"))?;
    let headers = pairs(headers)?;
    let authority = headers.iter().find(|(name, _)| name == ":authority");
    let authority = authority.map_or_else(|| b"parity".to_vec(), |(_, value)| value.clone());
    let pseudo = [
        (":authority".to_owned(), authority),
        (":path".to_owned(), unescape(path)),
        (":method".to_owned(), method.as_bytes().to_vec()),
    ];
    let others = headers.into_iter().filter(|(name, _)| name != ":authority");
    Ok(pseudo.into_iter().chain(others).collect())
}

/// The headers of a response.
///
/// # Errors
/// When a header is none.
pub fn response(status: u16, headers: &[String]) -> Result<Pairs, String> {
    let status = (":status".to_owned(), status.to_string().into_bytes());
    Ok([vec![status], pairs(headers)?].concat())
}

/// The first value of a name.
pub(crate) fn value<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p [u8]> {
    let found = pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_slice())
}

/// The bytes that a text of a script means: `\xNN`, `\n`, `\r`, `\0`, `\\`.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let (byte, behind) = match (first, behind) {
            (b'\\', [b'n', behind @ ..]) => (b'\n', behind),
            (b'\\', [b'r', behind @ ..]) => (b'\r', behind),
            (b'\\', [b'0', behind @ ..]) => (0, behind),
            (b'\\', [b'\\', behind @ ..]) => (b'\\', behind),
            (b'\\', [b'x', high, low, behind @ ..]) => (hexadecimal(*high, *low), behind),
            _ => (*first, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    bytes
}

fn hexadecimal(high: u8, low: u8) -> u8 {
    let digit = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .expect("a hexadecimal digit behind `\\x`")
    };
    u8::try_from(digit(high) * 16 + digit(low)).expect("two digits are a byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_line_ends_its_name_at_the_first_colon_behind_the_first_letter() {
        let lines = [":path: /a:b".to_owned(), "x-a:\\xff\\\\".to_owned()];
        let expected = vec![
            (":path".to_owned(), b"/a:b".to_vec()),
            ("x-a".to_owned(), b"\xff\\".to_vec()),
        ];
        assert_eq!(pairs(&lines), Ok(expected));
        assert!(pairs(&["x-a".to_owned()]).is_err());
    }
}
