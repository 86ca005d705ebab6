//! Points in time.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::values::non_empty_text;

/// A time in the form of RFC 3339, such as `2026-01-01T00:00:00Z`.
pub(crate) fn time(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<OffsetDateTime> {
    let text = non_empty_text(document, at, problems)?;
    let time = OffsetDateTime::parse(&text, &Rfc3339).ok();
    if time.is_none() {
        problems.invalid(at, &text, "a time such as `2026-01-01T00:00:00Z` (RFC 3339)");
    }
    time
}
