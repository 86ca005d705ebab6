//! The parameters of a path's query (E-2).

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::attribute::Attribute;

/// Every value of the query parameter `name`, decoded, in the order of the path; absent where there is none.
///
/// A query with an invalid percent escape anywhere is unreadable, and where `strict` one with a `;` too: which
/// parameters it has depends on who reads it. Memory is taken for a name or a value that must be decoded, and no other.
pub(crate) fn parameter<'p, 'n>(
    path: &'p [u8],
    name: &'n [u8],
    strict: bool,
) -> Attribute<impl Iterator<Item = Cow<'p, [u8]>> + Clone + use<'p, 'n>> {
    let Some(query) = query(path) else {
        return Attribute::Absent;
    };
    if !has_valid_escapes(query) || (strict && query.contains(&b';')) {
        return Attribute::Unreadable;
    }
    let values = query
        .split(|byte| *byte == b'&')
        .map(|part| cut(part, b'=').unwrap_or((part, b"")))
        .filter(move |(own_name, _)| *decode(own_name) == *name)
        .map(|(_, value)| decode(value));
    if values.clone().next().is_none() {
        return Attribute::Absent;
    }
    Attribute::Known(values)
}

/// What lies after the first `?` and before the first `#` after it.
pub(crate) fn query(path: &[u8]) -> Option<&[u8]> {
    let (_, query) = cut(path, b'?')?;
    Some(cut(query, b'#').map_or(query, |(query, _)| query))
}

/// What lies before and after the first `separator`.
fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == separator)?;
    let (before, rest) = text.split_at_checked(place)?;
    rest.split_first().map(|(_, after)| (before, after))
}

/// Whether two hexadecimal digits follow every percent sign.
pub(crate) fn has_valid_escapes(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'%').skip(1).all(|after| match after {
        [high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [] | [_] => false,
    })
}

/// A plus sign is a space; one that is meant is escaped.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The values in memory of their own.
    fn read(path: &str, name: &str, strict: bool) -> Attribute<Vec<Vec<u8>>> {
        parameter(path.as_bytes(), name.as_bytes(), strict)
            .map(|values| values.map(Cow::into_owned).collect())
    }

    fn values(path: &str, name: &str) -> Vec<String> {
        match read(path, name, false) {
            Attribute::Known(values) => values
                .into_iter()
                .map(|value| String::from_utf8(value).unwrap())
                .collect(),
            other @ (Attribute::Absent | Attribute::Unreadable) => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_name() {
        for (path, name, expected) in [
            ("/a?debug=1", "debug", &["1"][..]),
            ("/a?x=0&debug=1&y=2", "debug", &["1"]),
            ("/a?debug", "debug", &[""]),
            ("/a?debug=", "debug", &[""]),
            ("/a?&debug&", "debug", &[""]),
            ("/a?debug=a=b=c", "debug", &["a=b=c"]),
            ("/a?debug=a?b", "debug", &["a?b"]),
            ("?debug=1", "debug", &["1"]),
            ("/a?debug=1#debug=2", "debug", &["1"]),
            ("/a?debug=1#x#y?debug=3", "debug", &["1"]),
            ("/a#b?debug=1", "debug", &["1"]),
            ("/a?a=1&b=2&a=3&a", "a", &["1", "3", ""]),
            ("/a?=x", "", &["x"]),
        ] {
            assert_eq!(values(path, name), expected, "{path}");
        }
    }

    #[test]
    fn name_and_value_are_decoded_and_the_name_asked_for_is_not() {
        for (path, name, expected) in [
            ("/a?%64ebug=%41%6a%6A", "debug", "Ajj"),
            ("/a?a+b=c+d", "a b", "c d"),
            ("/a?a%20b=c%2Bd", "a b", "c+d"),
            ("/a?a%2bb=1", "a+b", "1"),
            ("/a?a%3Db=1%3D2%262", "a=b", "1=2&2"),
            ("/a?x=%2541", "x", "%41"),
            ("/a?%2541=1", "%41", "1"),
            ("/a?x=%C3%A9", "x", "é"),
            ("/a?x=%3b", "x", ";"),
            ("/a?x=%23%3f", "x", "#?"),
        ] {
            assert_eq!(values(path, name), [expected], "{path}");
        }
        assert_eq!(
            read("/a?x=%FF%00", "x", true),
            Attribute::Known(vec![b"\xff\0".to_vec()])
        );
    }

    #[test]
    fn without_a_query_or_the_parameter_it_is_absent() {
        for path in [
            "",
            "/a",
            "/a?",
            "/a?#debug=1",
            "/a#debug=1",
            "/a?x=debug",
            "/a?Debug=1",
            "/a?debug2=1",
            "/a?xdebug",
        ] {
            assert_eq!(read(path, "debug", true), Attribute::Absent, "{path}");
        }
    }

    #[test]
    fn an_invalid_escape_anywhere_makes_the_query_unreadable() {
        for query in [
            "debug=%",
            "debug=%4",
            "debug=%4g",
            "debug=%g4",
            "debug=1&x=%",
            "%zz&debug=1",
            "debug=%%41",
            "%4&1",
        ] {
            for name in ["debug", "other"] {
                let path = format!("/a?{query}");
                assert_eq!(read(&path, name, false), Attribute::Unreadable, "{path}");
            }
        }
    }

    #[test]
    fn an_invalid_escape_beside_the_query_does_not_matter() {
        assert_eq!(values("/%zz?debug=1#%zz", "debug"), ["1"]);
    }

    #[test]
    fn a_semicolon_is_a_byte_of_the_value_unless_strict() {
        assert_eq!(values("/a?x=1;debug=2", "x"), ["1;debug=2"]);
        for path in ["/a?x=1;debug=2", "/a?;", "/a?debug=1&y;"] {
            assert_eq!(read(path, "debug", true), Attribute::Unreadable, "{path}");
        }
        assert_eq!(
            read("/a;b?x=%3b#;", "x", true),
            Attribute::Known(vec![b";".to_vec()])
        );
    }

    #[test]
    fn what_needs_no_decoding_is_borrowed() {
        let Attribute::Known(values) = parameter(b"/a?x=plain", b"x", true) else {
            panic!("it is there")
        };
        let values: Vec<_> = values.collect();
        assert!(matches!(values.as_slice(), [Cow::Borrowed(b"plain")]));
    }
}
