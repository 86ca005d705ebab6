//! [`NumberMatcher`]: a value of `numbers`, tested on a claim or a count (E-5).

/// A number, a bound or a range. Compared as IEEE 754 doubles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumberMatcher {
    /// `3`.
    Equal(f64),
    /// `>3`.
    Above(f64),
    /// `>=3`.
    AtLeast(f64),
    /// `<3`.
    Below(f64),
    /// `<=3`.
    AtMost(f64),
    /// `3..10`, both ends included.
    Between(f64, f64),
}

impl NumberMatcher {
    /// Reads a value; `None` for anything but these forms, and for a range whose first end is above its last.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        if let Some((first, last)) = value.split_once("..") {
            let (first, last) = (parse_number(first)?, parse_number(last)?);
            return (first <= last).then_some(Self::Between(first, last));
        }
        if let Some(bound) = value.strip_prefix(">=") {
            parse_number(bound).map(Self::AtLeast)
        } else if let Some(bound) = value.strip_prefix('>') {
            parse_number(bound).map(Self::Above)
        } else if let Some(bound) = value.strip_prefix("<=") {
            parse_number(bound).map(Self::AtMost)
        } else if let Some(bound) = value.strip_prefix('<') {
            parse_number(bound).map(Self::Below)
        } else {
            parse_number(value).map(Self::Equal)
        }
    }

    /// Tests a number; what is not a number matches nothing.
    pub(crate) fn matches(&self, number: f64) -> bool {
        match *self {
            Self::Equal(value) => number == value,
            Self::Above(bound) => number > bound,
            Self::AtLeast(bound) => number >= bound,
            Self::Below(bound) => number < bound,
            Self::AtMost(bound) => number <= bound,
            Self::Between(first, last) => first <= number && number <= last,
        }
    }
}

/// A number as JSON writes it (RFC 8259, section 6), unless it is beyond every double.
fn parse_number(text: &str) -> Option<f64> {
    if !is_json_number(text) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn is_json_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|exponent| are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn numbers_bounds_and_ranges_are_compared() {
        let table: [(&str, &[f64], &[f64]); 13] = [
            ("3", &[3.0], &[3.1, -3.0, 2.9]),
            ("3.0", &[3.0], &[3.1]),
            ("-0.5", &[-0.5], &[0.5, 0.0]),
            ("0", &[0.0, -0.0], &[f64::MIN_POSITIVE]),
            ("-0", &[0.0], &[1.0]),
            ("1e3", &[1000.0], &[1e2]),
            ("1E+3", &[1000.0], &[1e4]),
            ("25e-1", &[2.5], &[25.0]),
            (">3", &[3.1, f64::INFINITY], &[3.0, 2.0]),
            (">=3", &[3.0, 4.0], &[2.9]),
            ("<3", &[2.9, f64::NEG_INFINITY], &[3.0, 4.0]),
            ("<=-3", &[-3.0, -4.0], &[-2.9, 3.0]),
            ("-3..10", &[-3.0, 0.0, 10.0], &[-3.1, 10.1]),
        ];
        for (value, yes, no) in table {
            let matcher = NumberMatcher::parse(value).unwrap();
            for number in yes {
                assert!(matcher.matches(*number), "`{value}` must match {number}");
            }
            for number in no {
                assert!(!matcher.matches(*number), "`{value}` must not match {number}");
            }
        }
    }

    #[test]
    fn a_range_holds_both_ends_and_may_be_one_number() {
        assert_eq!(
            NumberMatcher::parse("0.5..1.5"),
            Some(NumberMatcher::Between(0.5, 1.5))
        );
        assert!(NumberMatcher::parse("3..3").unwrap().matches(3.0));
        assert_eq!(NumberMatcher::parse("4..3"), None);
    }

    #[test]
    fn what_is_not_a_number_matches_nothing() {
        for value in ["0", ">0", ">=0", "<0", "<=0", "-1..1"] {
            assert!(
                !NumberMatcher::parse(value).unwrap().matches(f64::NAN),
                "`{value}`"
            );
        }
    }

    #[test]
    fn numbers_are_written_as_json_writes_them() {
        for value in [
            "", "-", "+1", ".5", "5.", "01", "-01", "00", "1e", "1e+", "e1", "1e1.5", "0x10", "1_000", "1,5",
            "inf", "-inf", "infinity", "NaN", "nan", " 1", "1 ", "--1", "1-", "٣", "*", "true", ">", ">=",
            "<", "<=", "> 3", "=>3", "==3", "=3", ">>3", ">=>3", "..", "1..", "..1", "1...2", "1..2..3",
            ">1..2", "1 .. 2", "1.5.2",
        ] {
            assert_eq!(NumberMatcher::parse(value), None, "`{value}`");
        }
    }

    #[test]
    fn a_number_beyond_every_double_is_refused() {
        for value in ["1e309", "-1e309", ">1e400", "0..1e309", "1e99999999999999999999"] {
            assert_eq!(NumberMatcher::parse(value), None, "`{value}`");
        }
        assert!(NumberMatcher::parse("1.7976931348623157e308").is_some());
        assert!(NumberMatcher::parse(&"9".repeat(400)).is_none());
    }

    #[test]
    fn integers_that_one_double_stands_for_are_equal() {
        assert!(
            NumberMatcher::parse("9007199254740993")
                .unwrap()
                .matches(9_007_199_254_740_992.0)
        );
    }
}
