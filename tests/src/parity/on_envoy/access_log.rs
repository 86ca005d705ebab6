//! What Envoy's access log says of a stream.

use std::path::Path;

use crate::parity::observation::CLIENT_WENT;
use crate::parity::script::Script;

/// What the access log says about the stream of this client, once it is over.
pub(super) fn access_log(path: &Path, script: &Script, port: u16) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for line in text.lines() {
        // The last line may not be whole yet.
        let Ok(entry) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        if entry["port"].as_u64() != Some(port.into()) {
            continue;
        }
        let shown = |value: &serde_json::Value| {
            value
                .as_str()
                .map_or_else(|| "none".to_owned(), |text| text.escape_debug().to_string())
        };
        let state = script.filter_state.iter();
        let state = state.map(|key| format!("filter state {key}: {}", shown(&entry[key])));
        return Ok([format!("details: {}", details(&shown(&entry["details"])))]
            .into_iter()
            .chain(state)
            .collect());
    }
    Ok(Vec::new())
}

/// Envoy says in several ways that the client went away.
fn details(shown: &str) -> &str {
    match shown {
        "downstream_remote_disconnect" | "http2.remote_reset" => CLIENT_WENT,
        _ => shown,
    }
}
