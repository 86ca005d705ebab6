//! S-5, "Generic string form".

/// "`*`: non-empty; `*x`: suffix `x`; `x*`: prefix `x`; else exact. Case-sensitive. `*` prefix is tested first and only one
/// leading `*` is cut, so `*abc*` means *suffix* `abc*` with a literal star."
pub(super) fn matches(value: &[u8], input: &[u8]) -> bool {
    match (value.strip_prefix(b"*"), value.strip_suffix(b"*")) {
        (Some(b""), _) => !input.is_empty(),
        (Some(suffix), _) => input.ends_with(suffix),
        (None, Some(prefix)) => input.starts_with(prefix),
        (None, None) => input == value,
    }
}

/// The same on text that may have more lines than one. Istio writes `*` as the expression `.+`, whose dot is no line feed to
/// Envoy.
pub(super) fn text_matches(value: &str, input: &str) -> bool {
    match value {
        "*" => is_some(input),
        _ => matches(value.as_bytes(), input.as_bytes()),
    }
}

/// Text for which a star alone stands.
pub(super) fn is_some(input: &str) -> bool {
    !input.is_empty() && !input.contains('\n')
}

/// S-5 `request.headers`: "`*`: header present (even empty); suffix / prefix / exact, case-sensitive".
pub(super) fn header_matches(value: &[u8], input: &[u8]) -> bool {
    value == b"*" || matches(value, input)
}
