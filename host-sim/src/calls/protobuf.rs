//! The wire format of Protocol Buffers, as far as telling a message from other bytes needs it.

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoMessage;

/// A field as the wire has it; what the schema makes of it is for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'b> {
    pub(crate) number: u32,
    pub(crate) value: Value<'b>,
}

/// The value of a field. Numbers and groups are only passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'b> {
    Number,
    Group,
    Bytes(&'b [u8]),
}

/// Every field of a message in order.
///
/// # Errors
/// [`NoMessage`] where a field has number 0, an unknown type, or an end that the bytes do not have, or where groups are
/// not closed in their order or more than 100 deep.
pub(crate) fn fields(bytes: &[u8]) -> Result<Vec<Field<'_>>, NoMessage> {
    let mut rest = Rest(bytes);
    let mut fields = Vec::new();
    while !rest.0.is_empty() {
        let (number, kind) = rest.tag()?;
        let value = rest.value(number, kind, GROUPS)?;
        fields.push(Field { number, value });
    }
    Ok(fields)
}

/// How deep groups may be nested.
const GROUPS: u8 = 100;
const LONGEST_NUMBER: usize = 10;

const NUMBER: u32 = 0;
const EIGHT_BYTES: u32 = 1;
const LENGTH: u32 = 2;
const GROUP: u32 = 3;
const GROUP_END: u32 = 4;
const FOUR_BYTES: u32 = 5;

/// What has not been read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], NoMessage> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(NoMessage)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Seven bits a byte, lowest first; the highest bit says that another byte follows.
    fn number(&mut self) -> Result<u64, NoMessage> {
        let length = self
            .0
            .iter()
            .take(LONGEST_NUMBER)
            .position(|byte| byte & 0x80 == 0);
        let bytes = self.take(length.ok_or(NoMessage)?.saturating_add(1))?;
        let number = bytes
            .iter()
            .rev()
            .fold(0_u64, |number, byte| (number << 7) | u64::from(byte & 0x7f));
        Ok(number)
    }

    fn tag(&mut self) -> Result<(u32, u32), NoMessage> {
        let tag = u32::try_from(self.number()?).map_err(|_| NoMessage)?;
        let number = tag >> 3;
        (number != 0).then_some((number, tag & 0b111)).ok_or(NoMessage)
    }

    fn value(&mut self, number: u32, kind: u32, groups: u8) -> Result<Value<'b>, NoMessage> {
        match kind {
            NUMBER => self.number().map(|_| Value::Number),
            EIGHT_BYTES => self.take(8).map(|_| Value::Number),
            FOUR_BYTES => self.take(4).map(|_| Value::Number),
            LENGTH => {
                let length = usize::try_from(self.number()?).map_err(|_| NoMessage)?;
                self.take(length).map(Value::Bytes)
            }
            GROUP => self.group(number, groups).map(|()| Value::Group),
            _ => Err(NoMessage),
        }
    }

    /// Reads up to the end of this group.
    fn group(&mut self, open: u32, groups: u8) -> Result<(), NoMessage> {
        let groups = groups.checked_sub(1).ok_or(NoMessage)?;
        loop {
            let (number, kind) = self.tag()?;
            if kind == GROUP_END {
                return (number == open).then_some(()).ok_or(NoMessage);
            }
            self.value(number, kind, groups)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_type_are_read() {
        let message = b"\x08\x96\x01\x11abcdefgh\x1a\x02hi\x23\x28\x01\x24\x2dabcd";
        let values = fields(message).unwrap();
        let expected = [
            (1, Value::Number),
            (2, Value::Number),
            (3, Value::Bytes(b"hi")),
            (4, Value::Group),
            (5, Value::Number),
        ];
        assert_eq!(values, expected.map(|(number, value)| Field { number, value }));
        assert_eq!(fields(b""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let table: [(&str, &[u8]); 8] = [
            ("field 0", b"\x00\x00"),
            ("type 6", b"\x0e"),
            ("type 7", b"\x0f"),
            ("a length beyond the end", b"\x0a\x05abcd"),
            (
                "a number without end",
                b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            ),
            ("a group without end", b"\x0b\x08\x01"),
            ("an end without group", b"\x0c"),
            ("the end of another group", b"\x0b\x14"),
        ];
        for (why, bytes) in table {
            assert_eq!(fields(bytes), Err(NoMessage), "{why}");
        }
    }

    #[test]
    fn groups_are_at_most_a_hundred_deep() {
        let nested = |depth| [[0x0b].repeat(depth), [0x0c].repeat(depth)].concat();
        assert!(fields(&nested(100)).is_ok());
        assert_eq!(fields(&nested(101)), Err(NoMessage));
    }
}
