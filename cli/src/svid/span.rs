//! Spans of time as people write them: `45s`, `10m`, `1h`, `30d`.

use time::Duration;

/// A span of at least a second and at most a hundred years.
///
/// # Errors
/// What is none, with what is expected.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let malformed =
        || format!("`{text}` is not a span of time: write a number and `s`, `m`, `h` or `d`, such as `10m`");
    let unit = text.chars().last().and_then(unit).ok_or_else(malformed)?;
    let number = text.get(..text.len().saturating_sub(1)).ok_or_else(malformed)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed());
    }
    let number: i64 = number.parse().map_err(|_| malformed())?;
    let seconds = number.checked_mul(unit).ok_or_else(malformed)?;
    if (1..=LONGEST).contains(&seconds) {
        Ok(Duration::seconds(seconds))
    } else {
        Err(format!(
            "`{text}` is out of range: give at least `1s` and at most `36525d`"
        ))
    }
}

const LONGEST: i64 = 36_525 * DAY;
const DAY: i64 = 24 * HOUR;
const HOUR: i64 = 60 * MINUTE;
const MINUTE: i64 = 60;

fn unit(letter: char) -> Option<i64> {
    match letter {
        's' => Some(1),
        'm' => Some(MINUTE),
        'h' => Some(HOUR),
        'd' => Some(DAY),
        _ => None,
    }
}

/// A span in its largest unit of which there are at least two, rounded down, such as `47 hours`.
pub(crate) fn in_words(span: Duration) -> String {
    let units = [
        (span.whole_days(), "days"),
        (span.whole_hours(), "hours"),
        (span.whole_minutes(), "minutes"),
        (span.whole_seconds(), "seconds"),
    ];
    let largest = units.into_iter().find(|(count, _)| *count >= 2);
    largest.map_or_else(
        || "a second".to_owned(),
        |(count, unit)| format!("{count} {unit}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [("45s", 45), ("10m", 600), ("1h", 3600), ("30d", 2_592_000)] {
            assert_eq!(parse(text), Ok(Duration::seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_expected() {
        for text in [
            "",
            "m",
            "10",
            "1.5h",
            "-1h",
            "+1h",
            "1 h",
            "10ms",
            "1w",
            "é",
            "99999999999999999999d",
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("is not a span of time"), "{text}: {message}");
        }
        for text in ["0s", "36526d"] {
            assert!(parse(text).unwrap_err().contains("out of range"), "{text}");
        }
    }

    #[test]
    fn a_span_is_told_in_a_unit_of_which_there_are_two() {
        for (seconds, words) in [
            (172_800, "2 days"),
            (172_799, "47 hours"),
            (7_199, "119 minutes"),
            (119, "119 seconds"),
            (1, "a second"),
        ] {
            assert_eq!(in_words(Duration::seconds(seconds)), words);
        }
    }
}
