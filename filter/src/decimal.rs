//! [`Decimal`]: a number in decimal digits, without memory of its own.

/// How many digits the largest number of 64 bits has.
const MOST_DIGITS: usize = 20;

/// The digits of a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    /// They stand at the end.
    digits: [u8; MOST_DIGITS],
    first: usize,
}

impl Decimal {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.first..).unwrap_or_default()
    }
}

impl From<usize> for Decimal {
    fn from(number: usize) -> Self {
        let (mut digits, mut first) = ([b'0'; MOST_DIGITS], MOST_DIGITS);
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or_default());
            first = first.saturating_sub(1);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Self { digits, first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_digits_that_it_is_written_with() {
        for number in [0, 1, 9, 10, 99, 100, 511, 1_234_567_890, usize::MAX] {
            assert_eq!(Decimal::from(number).as_bytes(), number.to_string().as_bytes());
        }
    }
}
