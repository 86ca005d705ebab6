//! What an application may take a path for: every reading that servers are known to make of one, each after any other.
//!
//! This is the measure of the suite and shares nothing with the engine. A reading is one rewriting of the path; the
//! closure of a path is everything that rewritings in any order make of it, with at most two percent-decodings among them.
//! What no reading here does is named in `docs/attacks.md`: folding case, an escaped `?` or `#` as a delimiter, trimming
//! spaces, compatibility forms of Unicode.

use std::collections::{BTreeSet, VecDeque};

/// Decoding twice is a mistake that happens; a third time would need three servers in a row that make it.
const MOST_DECODINGS: usize = 2;
/// A bound on the closure: paths of the suite stay far below.
const MOST_READINGS: usize = 20_000;

type Rewriting = fn(&[u8]) -> Vec<u8>;

const REWRITINGS: [Rewriting; 9] = [
    without_parameters,
    with_slashes_for_backslashes,
    with_single_slashes,
    without_dot_segments,
    without_authority,
    up_to_nul,
    without_line_breaks,
    without_overlong_forms,
    with_unicode_escapes_decoded,
];

/// Whether some reading of this request target is a path that `is_protected` names.
#[must_use]
pub fn reads_as(target: &[u8], is_protected: impl Fn(&[u8]) -> bool) -> bool {
    let mut open = VecDeque::from([(path_of(target).to_vec(), 0)]);
    let mut visited = BTreeSet::new();
    while let Some((path, decodings)) = open.pop_front() {
        if is_protected(&path) {
            return true;
        }
        if visited.len() > MOST_READINGS || !visited.insert((path.clone(), decodings)) {
            continue;
        }
        let rewritten = REWRITINGS.map(|rewrite| rewrite(&path)).into_iter();
        open.extend(
            rewritten
                .filter(|other| *other != path)
                .map(|other| (other, decodings)),
        );
        if decodings < MOST_DECODINGS {
            open.push_back((percent_decoded(&path), decodings + 1));
        }
    }
    false
}

/// The part before the query and the fragment.
#[must_use]
pub fn path_of(target: &[u8]) -> &[u8] {
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#'));
    &target[..end.unwrap_or(target.len())]
}

/// Every valid escape decoded; what is no escape stays.
#[must_use]
pub fn percent_decoded(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        match (*first, hex(tail, 2)) {
            (b'%', Some(value)) => {
                decoded.push(value as u8);
                rest = &tail[2..];
            }
            (byte, _) => {
                decoded.push(byte);
                rest = tail;
            }
        }
    }
    decoded
}

fn hex(bytes: &[u8], digits: usize) -> Option<u32> {
    let bytes = bytes.get(..digits)?;
    bytes.iter().try_fold(0, |value, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some(value * 16 + digit)
    })
}

/// `%u002e`, which some servers of old decode.
fn with_unicode_escapes_decoded(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail
            .split_first()
            .filter(|(letter, _)| matches!(letter, b'u' | b'U'));
        let value = escape
            .and_then(|(_, digits)| hex(digits, 4))
            .filter(|value| *value < 0x80);
        match (*first, value) {
            (b'%', Some(value)) => {
                decoded.push(value as u8);
                rest = &tail[5..];
            }
            (byte, _) => {
                decoded.push(byte);
                rest = tail;
            }
        }
    }
    decoded
}

/// `/a;x=1/b` is `/a/b` to servers that know path parameters.
fn without_parameters(path: &[u8]) -> Vec<u8> {
    let segments = path.split(|byte| *byte == b'/');
    let bare = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default());
    bare.collect::<Vec<_>>().join(&b'/')
}

fn with_slashes_for_backslashes(path: &[u8]) -> Vec<u8> {
    path.iter()
        .map(|byte| if *byte == b'\\' { b'/' } else { *byte })
        .collect()
}

fn with_single_slashes(path: &[u8]) -> Vec<u8> {
    let mut merged = path.to_vec();
    merged.dedup_by(|next, before| *next == b'/' && *before == b'/');
    merged
}

/// RFC 3986, section 5.2.4.
fn without_dot_segments(path: &[u8]) -> Vec<u8> {
    let Some(segments) = path.strip_prefix(b"/") else {
        return path.to_vec();
    };
    let (mut kept, mut ends_in_folder) = (Vec::new(), false);
    for segment in segments.split(|byte| *byte == b'/') {
        ends_in_folder = matches!(segment, b"." | b"..");
        match segment {
            b"." => {}
            b".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let mut path = [b"/".as_slice(), &kept.join(&b'/')].concat();
    if ends_in_folder && !kept.is_empty() {
        path.push(b'/');
    }
    path
}

/// `//host/path` and `http://host/path` are `/path` to whoever takes a request target for a URI reference.
fn without_authority(path: &[u8]) -> Vec<u8> {
    let scheme = path.windows(3).position(|window| window == b"://");
    let scheme = scheme.filter(|end| *end > 0 && path[..*end].iter().all(u8::is_ascii_alphanumeric));
    let relative = scheme.map_or(path, |end| &path[end + 1..]);
    let Some(authority) = relative.strip_prefix(b"//") else {
        return path.to_vec();
    };
    let end = authority.iter().position(|byte| *byte == b'/');
    end.map_or_else(|| b"/".to_vec(), |end| authority[end..].to_vec())
}

fn up_to_nul(path: &[u8]) -> Vec<u8> {
    path.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

/// The URL parsers of browsers drop these wherever they stand.
fn without_line_breaks(path: &[u8]) -> Vec<u8> {
    let kept = path.iter().filter(|byte| !matches!(byte, b'\t' | b'\r' | b'\n'));
    kept.copied().collect()
}

/// Overlong UTF-8, as decoders read it that do not look at the length: `C0 AE` is a dot.
fn without_overlong_forms(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let (byte, length) = overlong(rest).unwrap_or((*first, 1));
        decoded.push(byte);
        rest = tail.get(length - 1..).unwrap_or_default();
    }
    decoded
}

/// The ASCII byte that an overlong form at the beginning stands for, and the length of the form.
fn overlong(bytes: &[u8]) -> Option<(u8, usize)> {
    let low = |byte: u8| byte & 0x3f;
    match *bytes {
        [first @ (0xc0 | 0xc1), last, ..] if last >= 0x80 => Some(((first & 1) << 6 | low(last), 2)),
        [0xe0, middle @ (0x80 | 0x81), last, ..] if last >= 0x80 => Some(((middle & 1) << 6 | low(last), 3)),
        [0xf0, 0x80, middle @ (0x80 | 0x81), last, ..] if last >= 0x80 => {
            Some(((middle & 1) << 6 | low(last), 4))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_admin(path: &[u8]) -> bool {
        path == b"/admin"
    }

    #[test]
    fn every_disguise_of_the_path_is_seen_through() {
        for target in [
            "/admin",
            "/admin?x",
            "/admin#x",
            "/app/../admin",
            "/app/%2e%2e/admin",
            "/app/%252E%252e/admin",
            "/app/..;x=1/admin",
            "/;a/admin;b",
            "//admin",
            "/\\admin",
            "/%5cadmin",
            "//host/admin",
            "http://host/admin",
            "/admin%00.png",
            "/ad%0Amin",
            "/x%2F..%2Fadmin",
            "/%c0%ae%c0%ae/admin",
            "/a/%c0%ae%c0%ae%c0%afadmin",
            "/%u0061dmin",
            "/a/%e0%80%ae%f0%80%80%ae/admin",
        ] {
            assert!(reads_as(target.as_bytes(), is_admin), "{target}");
        }
    }

    #[test]
    fn other_paths_have_no_such_reading() {
        for target in [
            "/",
            "/app",
            "/admins",
            "/admin/x",
            "/.../admin",
            "/Admin",
            "/x/admin",
            "/admin%3Fx",
            "/?/admin",
        ] {
            assert!(!reads_as(target.as_bytes(), is_admin), "{target}");
        }
    }

    #[test]
    fn a_path_of_slashes_and_dots_stays_a_path() {
        for (path, expected) in [
            ("/..", "/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/a/../../b", "/b"),
            ("*", "*"),
        ] {
            assert_eq!(
                without_dot_segments(path.as_bytes()),
                expected.as_bytes(),
                "{path}"
            );
        }
    }
}
