//! E-5: `numbers` and `booleans`.

use serde_json::Value;

use super::compare::{Names, Several, inputs};
use super::documents::text;
use super::truth::Answer;

pub(super) const NUMBERS: Names = ("numbers", "notNumbers");
pub(super) const BOOLEANS: Names = ("booleans", "notBooleans");

/// "A claim of another type matches none of them".
pub(super) fn compare_number(owner: &Value, found: Option<f64>) -> Answer {
    let found: Vec<f64> = found.into_iter().collect();
    inputs(owner, NUMBERS, Several::Any, &found, |value, number| {
        is_one_of(value, *number)
    })
}

/// `true` and `false`.
pub(super) fn compare_boolean(owner: &Value, found: Option<bool>) -> Answer {
    let found: Vec<bool> = found.into_iter().collect();
    inputs(owner, BOOLEANS, Several::Any, &found, |value, found| {
        Ok(value.as_bool().ok_or("no boolean")? == *found)
    })
}

/// "numbers (`3`, `"3"`, ...), bounds (`">3"`, `">=3"`, `"<3"`, `"<=3"`) and ranges (`"3..10"`, both ends included)".
/// "Numbers are compared as IEEE 754 doubles".
fn is_one_of(value: &Value, number: f64) -> Result<bool, String> {
    if let Some(value) = value.as_f64() {
        return Ok(number == value);
    }
    let value = text(value)?;
    if let Some(bound) = value.strip_prefix(">=") {
        return Ok(number >= read(bound)?);
    }
    if let Some(bound) = value.strip_prefix("<=") {
        return Ok(number <= read(bound)?);
    }
    if let Some(bound) = value.strip_prefix('>') {
        return Ok(number > read(bound)?);
    }
    if let Some(bound) = value.strip_prefix('<') {
        return Ok(number < read(bound)?);
    }
    if let Some((first, last)) = value.split_once("..") {
        return Ok(read(first)? <= number && number <= read(last)?);
    }
    Ok(number == read(value)?)
}

fn read(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("no number: `{text}`"))
}
