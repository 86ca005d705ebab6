//! Moments as machines and people read them: RFC 3339, in whole seconds.

use spiffe_authz_pki::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2027-01-01T00:00:00Z`.
pub(crate) fn rfc3339(moment: OffsetDateTime) -> String {
    let whole = moment.replace_nanosecond(0).unwrap_or(moment);
    whole.format(&Rfc3339).unwrap_or_else(|_| whole.to_string())
}

/// Reads one.
///
/// # Errors
/// What is none, with an example of one.
pub(crate) fn parse(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| format!("`{text}` is not a time: write one as `2027-01-01T00:00:00Z`"))
}
