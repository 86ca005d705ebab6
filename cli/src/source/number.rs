//! Numbers, as YAML writes them.

/// What a text is as a floating-point number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Float {
    /// None.
    Not,
    /// One.
    Finite(f64),
    /// Infinity, something too large, or no number at all, written as one.
    NotFinite,
}

/// An integer of 64 bits, as it prints: decimal without a leading zero, `0x`, `0o` or `0b`, with `_` between digits.
pub(super) fn integer(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix('-') {
        let magnitude = i128::try_from(magnitude(digits)?).ok()?;
        return i64::try_from(magnitude.checked_neg()?)
            .ok()
            .map(|number| number.to_string());
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    u64::try_from(magnitude(digits)?)
        .ok()
        .map(|number| number.to_string())
}

fn magnitude(text: &str) -> Option<u128> {
    let prefixed = |prefixes: [&str; 2]| prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
    let (radix, digits) = if let Some(digits) = prefixed(["0x", "0X"]) {
        (16, digits)
    } else if let Some(digits) = prefixed(["0o", "0O"]) {
        (8, digits)
    } else if let Some(digits) = prefixed(["0b", "0B"]) {
        (2, digits)
    } else if text.starts_with('0') && text != "0" {
        return None;
    } else {
        (10, text)
    };
    without_separators(digits, radix).and_then(|digits| u128::from_str_radix(&digits, radix).ok())
}

/// The digits, where there are no others and `_` stands between two of them alone.
fn without_separators(digits: &str, radix: u32) -> Option<String> {
    let is_separated = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    let is_known = |c: char| c == '_' || c.is_digit(radix);
    (is_separated && digits.chars().all(is_known)).then(|| digits.replace('_', ""))
}

/// A floating-point number.
pub(super) fn float(text: &str) -> Float {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Float::NotFinite;
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Float::Finite(number),
        // `inf` and `nan` without a dot are words.
        Ok(_) if unsigned.starts_with(|c: char| c.is_ascii_digit()) => Float::NotFinite,
        Ok(_) | Err(_) => Float::Not,
    }
}
