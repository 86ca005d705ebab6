//! The time of a request: as it is given, or now.

use std::time::{SystemTime, UNIX_EPOCH};

use spiffe_authz_analysis::observed::rfc3339;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads `--time`.
pub(super) fn parse(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| format!("`{text}` is not a time such as 2026-01-01T00:00:00Z (RFC 3339)"))
}

/// A time as a request document has it.
pub(super) fn written(time: OffsetDateTime) -> String {
    rfc3339(time)
}

/// The time of this machine, to the second.
pub(super) fn now() -> Option<OffsetDateTime> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}
