//! Points in time, as logs write them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads RFC 3339, such as `2026-11-22T05:10:15.379Z`.
pub(super) fn read(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Reads the stamp of Envoy's own log, such as `2026-11-22 05:10:15.422`; it is taken for UTC, as Envoy in a container
/// writes it.
pub(super) fn read_stamp(text: &str) -> Option<OffsetDateTime> {
    let (date, time_of_day) = text.split_once(' ')?;
    read(&format!("{date}T{time_of_day}Z"))
}

/// RFC 3339 in UTC, to the second: `2026-11-22T05:10:15Z`.
#[must_use]
pub fn rfc3339(time: OffsetDateTime) -> String {
    let utc = time.to_offset(time::UtcOffset::UTC);
    let (year, month, day) = (utc.year(), u8::from(utc.month()), utc.day());
    let (hour, minute, second) = utc.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_time_are_read() {
        let expected = "2026-11-22T05:10:15Z";
        assert_eq!(rfc3339(read("2026-11-22T05:10:15.379Z").unwrap()), expected);
        assert_eq!(rfc3339(read("2026-11-22T06:10:15+01:00").unwrap()), expected);
        assert_eq!(rfc3339(read_stamp("2026-11-22 05:10:15.422").unwrap()), expected);
        assert_eq!(read("2026-11-22"), None);
        assert_eq!(read_stamp("2026-11-22T05:10:15.422"), None);
    }
}
