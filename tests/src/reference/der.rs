//! Reading DER (X.690), as far as certificates need it.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;

/// An element: its tag and its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
}

/// The elements that stand one behind the other, up to the end.
pub(super) fn elements(mut der: &[u8]) -> Result<Vec<Element<'_>>, String> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        let (element, rest) = first(der)?;
        elements.push(element);
        der = rest;
    }
    Ok(elements)
}

/// The one element that this is.
pub(super) fn only(der: &[u8]) -> Result<Element<'_>, String> {
    match elements(der)?[..] {
        [element] => Ok(element),
        ref several => Err(format!("{} elements and not one", several.len())),
    }
}

fn first(der: &[u8]) -> Result<(Element<'_>, &[u8]), String> {
    let [tag, length, rest @ ..] = der else {
        return Err("an element is cut short".to_owned());
    };
    let (length, rest) = match *length {
        short @ ..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) = split(rest, usize::from(long & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
    };
    let (content, rest) = split(rest, length)?;
    Ok((Element { tag: *tag, content }, rest))
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), String> {
    bytes
        .split_at_checked(at)
        .ok_or_else(|| "an element is cut short".to_owned())
}

impl<'d> Element<'d> {
    /// The content of an element with this tag.
    pub(super) fn of(self, tag: u8) -> Result<&'d [u8], String> {
        if self.tag == tag {
            Ok(self.content)
        } else {
            Err(format!("tag {:#04x} and not {tag:#04x}", self.tag))
        }
    }

    /// The elements in one with this tag.
    pub(super) fn children(self, tag: u8) -> Result<Vec<Element<'d>>, String> {
        elements(self.of(tag)?)
    }

    /// RFC 5280, 4.1.2.5: `YYMMDDHHMMSSZ`, where 50 and more is of the century before, or `YYYYMMDDHHMMSSZ`.
    pub(super) fn time(self) -> Result<OffsetDateTime, String> {
        let text = str::from_utf8(self.content).map_err(|error| error.to_string())?;
        let (year, rest) = match self.tag {
            UTC_TIME => {
                let (year, rest) = text.split_at_checked(2).ok_or("no year")?;
                let year: i32 = number(year)?;
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            GENERALIZED_TIME => {
                let (year, rest) = text.split_at_checked(4).ok_or("no year")?;
                (number(year)?, rest)
            }
            other => return Err(format!("tag {other:#04x} is no time")),
        };
        moment(year, rest).ok_or_else(|| format!("no time: `{text}`"))
    }
}

/// `MMDDHHMMSSZ`.
fn moment(year: i32, rest: &str) -> Option<OffsetDateTime> {
    let digits = rest.strip_suffix('Z').filter(|digits| digits.len() == 10)?;
    let part = |at: usize| digits.get(at..at + 2)?.parse::<u8>().ok();
    let month = Month::try_from(part(0)?).ok()?;
    let date = Date::from_calendar_date(year, month, part(2)?).ok()?;
    let time = Time::from_hms(part(4)?, part(6)?, part(8)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

fn number(digits: &str) -> Result<i32, String> {
    digits.parse().map_err(|_| format!("no number: `{digits}`"))
}
