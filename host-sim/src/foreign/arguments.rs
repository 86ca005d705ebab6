//! The arguments of Envoy's functions: a protobuf message of texts and numbers.

use crate::abi::Status;

/// The fields of a message that matter to Envoy's functions; where a field comes twice, the last one counts.
#[derive(Debug, Default)]
pub(crate) struct Arguments<'a> {
    fields: Vec<(u64, Field<'a>)>,
}

#[derive(Debug, Clone, Copy)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// How a field is written, in the lowest three bits of its tag.
mod wire {
    pub(super) const VARINT: u64 = 0;
    pub(super) const EIGHT_BYTES: u64 = 1;
    pub(super) const DELIMITED: u64 = 2;
    pub(super) const GROUP: u64 = 3;
    pub(super) const END_OF_GROUP: u64 = 4;
    pub(super) const FOUR_BYTES: u64 = 5;
}

/// Groups within groups that protobuf reads.
const DEPTH: usize = 100;

impl<'a> Arguments<'a> {
    /// Reads a whole message; one that does not parse is a bad argument.
    pub(crate) fn parse(message: &'a [u8]) -> Result<Self, Status> {
        let mut reader = Reader { rest: message };
        let mut arguments = Self::default();
        while !reader.rest.is_empty() {
            if let (number, Some(field)) = reader.field().ok_or(Status::BadArgument)? {
                arguments.fields.push((number, field));
            }
        }
        Ok(arguments)
    }

    /// A text field; empty where it is not there, and a bad argument where it is not UTF-8.
    pub(crate) fn text(&self, number: u64) -> Result<&'a str, Status> {
        let texts = self.fields.iter().filter_map(|(of, field)| match field {
            Field::Bytes(bytes) if *of == number => Some(*bytes),
            Field::Bytes(_) | Field::Number(_) => None,
        });
        let mut last = "";
        for bytes in texts {
            last = std::str::from_utf8(bytes).map_err(|_| Status::BadArgument)?;
        }
        Ok(last)
    }

    /// A number, truth value or enum field; 0 where it is not there.
    pub(crate) fn number(&self, number: u64) -> u64 {
        let mut numbers = self.fields.iter().rev().filter_map(|(of, field)| match field {
            Field::Number(value) if *of == number => Some(*value),
            Field::Number(_) | Field::Bytes(_) => None,
        });
        numbers.next().unwrap_or(0)
    }
}

/// Reads from the beginning of what is left; `None` is a message that does not parse.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next field: its number, and its value where that can be an argument.
    fn field(&mut self) -> Option<(u64, Option<Field<'a>>)> {
        let (number, wire) = self.tag()?;
        let field = match wire {
            wire::VARINT => Some(Field::Number(self.varint()?)),
            wire::DELIMITED => Some(Field::Bytes(self.delimited()?)),
            wire::GROUP => {
                self.skip_group(number)?;
                None
            }
            wire::EIGHT_BYTES => self.take(8).map(|_| None)?,
            wire::FOUR_BYTES => self.take(4).map(|_| None)?,
            _ => return None,
        };
        Some((number, field))
    }

    /// Passes over a group, up to the end that has its number.
    fn skip_group(&mut self, number: u64) -> Option<()> {
        let mut open = vec![number];
        while let Some(group) = open.last().copied() {
            let (number, wire) = self.tag()?;
            match wire {
                wire::VARINT => self.varint().map(drop)?,
                wire::DELIMITED => self.delimited().map(drop)?,
                wire::EIGHT_BYTES => self.take(8).map(drop)?,
                wire::FOUR_BYTES => self.take(4).map(drop)?,
                wire::GROUP if open.len() < DEPTH => open.push(number),
                wire::END_OF_GROUP if number == group => drop(open.pop()),
                _ => return None,
            }
        }
        Some(())
    }

    /// A field's number, which is not 0 and has 29 bits, and how the field is written.
    fn tag(&mut self) -> Option<(u64, u64)> {
        let tag = u32::try_from(self.varint()?).ok()?;
        let number = u64::from(tag >> 3);
        (number != 0).then_some((number, u64::from(tag & 0b111)))
    }

    /// Seven bits a byte, lowest first; the top bit says that another byte follows, up to ten.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28, 35, 42, 49, 56, 63] {
            let byte = u64::from(*self.take(1)?.first()?);
            value |= (byte & 0x7f).unbounded_shl(shift);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn delimited(&mut self) -> Option<&'a [u8]> {
        let length = self.varint()?;
        self.take(usize::try_from(length).ok()?)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_read_by_their_number() {
        let message = b"\x0a\x03key\x12\x05value\x18\x96\x01";
        let arguments = Arguments::parse(message).unwrap();
        assert_eq!((arguments.text(1), arguments.text(2)), (Ok("key"), Ok("value")));
        assert_eq!(arguments.number(3), 150);
        assert_eq!((arguments.text(4), arguments.number(4)), (Ok(""), 0));
    }

    #[test]
    fn the_last_of_several_counts_and_one_of_another_kind_does_not() {
        let arguments = Arguments::parse(b"\x0a\x01a\x0a\x01b\x08\x07").unwrap();
        assert_eq!((arguments.text(1), arguments.number(1)), (Ok("b"), 7));
    }

    #[test]
    fn fields_that_nobody_asks_for_are_passed_over() {
        let message = b"\x2112345678\x2d4444\x1b\x23\x08\x01\x24\x1c\x0a\x01a";
        assert_eq!(Arguments::parse(message).unwrap().text(1), Ok("a"));
    }

    #[test]
    fn a_message_that_does_not_parse_is_a_bad_argument() {
        let broken: [&[u8]; 9] = [
            b"\xff",
            b"\x0a\x05ab",
            b"\x0a",
            b"\x08",
            b"\x00\x01",
            b"\x0c",
            b"\x1b\x24",
            b"\x0f",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ];
        for message in broken {
            assert_eq!(
                Arguments::parse(message).err(),
                Some(Status::BadArgument),
                "{message:?}"
            );
        }
    }

    #[test]
    fn a_text_that_is_not_utf_8_is_a_bad_argument() {
        let arguments = Arguments::parse(b"\x0a\x01\xff\x0a\x01a").unwrap();
        assert_eq!(arguments.text(1), Err(Status::BadArgument));
    }
}
