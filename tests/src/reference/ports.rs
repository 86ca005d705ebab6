//! S-5 `ports`: "decimal 0..65535, exact", and E-3 ranges.

use serde_json::Value;

use super::compare::{Names, Several, inputs};
use super::configuration::View;
use super::documents::text;
use super::truth::Answer;

pub(super) fn compare(view: &View<'_>, owner: &Value, names: Names) -> Answer {
    let ports: Vec<u16> = view.destination_port()?.into_iter().collect();
    inputs(owner, names, Several::Any, &ports, |value, port| {
        is_in(text(value)?, *port)
    })
}

/// E-3: "Both ends belong to the range".
fn is_in(value: &str, port: u16) -> Result<bool, String> {
    let read = |text: &str| text.parse::<u16>().map_err(|_| format!("no port: `{value}`"));
    let (first, last) = value.split_once('-').unwrap_or((value, value));
    Ok(read(first)? <= port && port <= read(last)?)
}
