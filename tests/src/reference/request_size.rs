//! Section 0, "bounds": how large a request may be, in both profiles.

use super::configuration::View;
use super::documents::{bytes, list, text};

/// "A path of more than 64 KiB, more than 4,096 header lines, or more than 1 MiB of header names and values ends the request
/// (`request-too-large`)".
pub(super) fn is_too_large(view: &View<'_>) -> Result<bool, String> {
    let path = view.raw_path()?.map_or(0, |path| path.len());
    let headers = list(view.request, "headers")?;
    let mut size = 0;
    for line in headers {
        size += text(&line[0])?.len() + bytes(&line[1])?.len();
    }
    Ok(path > 65_536 || headers.len() > 4096 || size > 1_048_576)
}
