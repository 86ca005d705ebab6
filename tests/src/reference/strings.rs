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

/// S-5 `request.headers`: "`*`: header present (even empty); suffix / prefix / exact, case-sensitive".
pub(super) fn header_matches(value: &[u8], input: &[u8]) -> bool {
    value == b"*" || matches(value, input)
}
