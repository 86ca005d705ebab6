//! Figures as text, and the middle of many.

use std::time::Duration;

/// A time in the unit that suits it, with three digits that count.
#[must_use]
pub fn nanoseconds(nanoseconds: f64) -> String {
    let units = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
    let fits = |(_, size): &&(&str, f64)| nanoseconds < size * 999.5;
    let (unit, size) = units.iter().find(fits).unwrap_or(&("s", 1e9));
    format!("{} {unit}", three_digits(nanoseconds / size))
}

/// A time in the unit that suits it.
#[must_use]
pub fn duration(duration: Duration) -> String {
    nanoseconds(duration.as_secs_f64() * 1e9)
}

/// A whole number with a comma between thousands.
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many times one figure is another: two decimals below ten, one below a hundred.
#[must_use]
pub fn ratio(ratio: f64) -> String {
    if ratio < 9.995 {
        format!("{ratio:.2}")
    } else if ratio < 99.95 {
        format!("{ratio:.1}")
    } else {
        format!("{ratio:.0}")
    }
}

/// The middle one; of an even number the mean of the two in the middle; `None` of none.
#[must_use]
pub fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

fn three_digits(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits_and_the_unit_that_suits_it() {
        let shown = [7.0, 99.96, 999.4, 999.6, 12_345.0, 2.5e6, 6.2e10].map(nanoseconds);
        assert_eq!(
            shown,
            [
                "7.00 ns", "100 ns", "999 ns", "1.00 µs", "12.3 µs", "2.50 ms", "62.0 s"
            ]
        );
        assert_eq!(duration(Duration::from_millis(1_500)), "1.50 s");
    }

    #[test]
    fn a_comma_stands_between_thousands() {
        let shown = [0, 999, 1_000, 100_000, 1_234_567].map(thousands);
        assert_eq!(shown, ["0", "999", "1,000", "100,000", "1,234,567"]);
    }

    #[test]
    fn a_large_ratio_has_no_decimals() {
        assert_eq!([1.054, 20.04, 1_234.5].map(ratio), ["1.05", "20.0", "1234"]);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
