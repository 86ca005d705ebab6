//! The parameters of the query: those that the request has, decoded as they are read.

use crate::index::hash::Streamed;
use crate::index::place::Form;
use crate::index::search::{At, Search};
use crate::profile::Profile;
use crate::query::{has_valid_escapes, query};

impl<'s> Search<'s> {
    /// As with rules, a query of which it depends on the reader what it has may have anything (E-2).
    pub(super) fn query(&mut self, at: At<'s>) {
        let path = self.known(self.facts.request.path, at);
        let Some(query) = path.and_then(query) else { return };
        let is_strict = self.facts.profile == Profile::ZeroTrust;
        if !has_valid_escapes(query) || (is_strict && query.contains(&b';')) {
            return self.all(at);
        }
        for part in query.split(|byte| *byte == b'&') {
            self.parameter(at, part);
        }
    }

    fn parameter(&mut self, at: At<'s>, part: &[u8]) {
        let mut sides = part.splitn(2, |byte| *byte == b'=');
        let (name, value) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
        let mut hash = Streamed::new();
        decode(name).for_each(|byte| hash.push(byte));
        if let Some(at) = self.named(at, hash.finish()) {
            self.decoded(at, value);
        }
    }

    /// Visits what is filed under a value, in every form that is in use.
    fn decoded(&mut self, at: At<'s>, value: &[u8]) {
        let (mut bytes, mut hash) = (decode(value), Streamed::new());
        for form in &at.drawer.forms {
            let text = match *form {
                Form::Presence => Some(0),
                Form::Prefix(length) => hash.take_up_to(&mut bytes, u64::from(length)),
                Form::Exact => {
                    bytes.by_ref().for_each(|byte| hash.push(byte));
                    Some(hash.finish())
                }
                Form::Suffix(_)
                | Form::FromFront(_)
                | Form::FromBack(_)
                | Form::BlockV4(_)
                | Form::BlockV6(_)
                | Form::Named
                | Form::Expression => None,
            };
            if let Some(text) = text {
                self.form(at, *form, text);
            }
        }
    }
}

/// The bytes that a text with valid escapes stands for; a plus sign is a space.
fn decode(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (byte, after) = match rest {
            [b'%', high, low, after @ ..] => (digit(*high)? << 4 | digit(*low)?, after),
            [b'+', after @ ..] => (b' ', after),
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        rest = after;
        Some(byte)
    })
}

fn digit(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Attribute;
    use crate::query::parameter;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_value_reads_as_rules_read_it() {
        for value in ["", "a", "a+b", "%2B%2b", "%00%ff", "+%20+", "a=b", "a%3Db"] {
            let path = format!("/x?n={value}");
            let Attribute::Known(mut values) = parameter(path.as_bytes(), b"n", true) else {
                panic!("{value}");
            };
            let read = values.next().unwrap();
            assert!(decode(value.as_bytes()).eq(read.iter().copied()), "{value}");
        }
    }
}
