//! The words that stand for the ABI's numbers.

const NAMED: &[(&str, i64)] = &[
    ("request_headers", 0),
    ("request_trailers", 1),
    ("response_headers", 2),
    ("response_trailers", 3),
    ("grpc_initial_metadata", 4),
    ("grpc_trailing_metadata", 5),
    ("http_call_headers", 6),
    ("http_call_trailers", 7),
    ("request_body", 0),
    ("response_body", 1),
    ("downstream_data", 2),
    ("upstream_data", 3),
    ("http_call_body", 4),
    ("grpc_message", 5),
    ("vm_configuration", 6),
    ("plugin_configuration", 7),
    ("foreign_arguments", 8),
    ("request", 0),
    ("response", 1),
    ("downstream", 2),
    ("upstream", 3),
    ("trace", 0),
    ("debug", 1),
    ("info", 2),
    ("warn", 3),
    ("error", 4),
    ("critical", 5),
    ("counter", 0),
    ("gauge", 1),
    ("histogram", 2),
    ("continue", 0),
    ("pause", 1),
    ("false", 0),
    ("true", 1),
    ("all", 0xffff_ffff),
];

const STATUSES: [&str; 13] = [
    "ok",
    "not_found",
    "bad_argument",
    "serialization_failure",
    "parse_failure",
    "5",
    "invalid_memory_access",
    "empty",
    "cas_mismatch",
    "9",
    "internal_failure",
    "11",
    "unimplemented",
];

/// The number that a word is or stands for.
pub(crate) fn number(word: &str) -> Option<i64> {
    let named = NAMED.iter().find(|(name, _)| *name == word);
    named.map(|(_, number)| *number).or_else(|| plain(word))
}

/// The word for a status, or its number where the ABI has none.
pub(crate) fn status(number: i32) -> String {
    let known = usize::try_from(number)
        .ok()
        .and_then(|number| STATUSES.get(number));
    known.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

/// The word for what a peer is.
pub(crate) fn peer(number: i32) -> String {
    match number {
        0 => "unknown".to_owned(),
        1 => "local".to_owned(),
        2 => "remote".to_owned(),
        other => other.to_string(),
    }
}

fn plain(word: &str) -> Option<i64> {
    match word.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}
