//! A header map as one property: a pair a name, its values joined by commas.

use crate::envoy::property_value::{PropertyValue, Reading};
use crate::headers::Headers;

/// The map in the order in which its names first come; a map that is not there is empty.
pub(super) fn map(headers: Option<&Headers>) -> PropertyValue {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, value) in headers.into_iter().flat_map(Headers::iter) {
        match pairs.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => {
                values.push(b',');
                values.extend_from_slice(value);
            }
            None => pairs.push((name.to_vec(), value.to_vec())),
        }
    }
    PropertyValue::Map(pairs)
}

/// A header by its name in any case.
pub(super) fn inside(map: &PropertyValue, path: &[Vec<u8>]) -> Reading {
    let mut path = path.to_vec();
    if let Some(name) = path.first_mut() {
        name.make_ascii_lowercase();
    }
    map.at(&path)
}

/// What the map weighs; nothing where it is not there.
pub(super) fn byte_size(headers: Option<&Headers>) -> i64 {
    count(headers.map_or(0, Headers::byte_size))
}

pub(super) fn count(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_once_with_all_its_values() {
        let headers = Headers::from_iter([("cookie", "a"), ("x", ""), ("cookie", "b")]);
        let map = map(Some(&headers));
        let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(
            map,
            PropertyValue::Map(vec![pair("cookie", "a,b"), pair("x", "")])
        );
        assert_eq!(
            inside(&map, &[b"COOKIE".to_vec()]),
            Reading::Bytes(b"a,b".to_vec())
        );
    }
}
