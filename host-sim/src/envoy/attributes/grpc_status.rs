//! The gRPC status of a response: what it says, or else what its HTTP status stands for.

use crate::headers::Headers;
use crate::http::local_reply;

/// What a status that is no number of gRPC's reads as.
const INVALID: i64 = -1;

/// Trailers come before headers, and both before the HTTP status.
pub(super) fn of(trailers: Option<&Headers>, headers: Option<&Headers>, code: Option<i64>) -> Option<i64> {
    let written = [trailers, headers].into_iter().flatten().find_map(written);
    written.or_else(|| code.map(of_http))
}

/// An empty header says nothing.
fn written(headers: &Headers) -> Option<i64> {
    let text = headers.get("grpc-status").filter(|text| !text.is_empty())?;
    let number = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.trim_ascii().parse().ok());
    Some(
        number
            .and_then(local_reply::grpc_status)
            .map_or(INVALID, i64::from),
    )
}

fn of_http(code: i64) -> i64 {
    u32::try_from(code).map_or(INVALID, |code| local_reply::grpc_status_of(code).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_or_else_derived() {
        let table = [
            (Some("7"), 7),
            (Some("16"), 16),
            (Some("17"), -1),
            (Some("x"), -1),
            (Some("-1"), -1),
            (Some(""), 12),
            (None, 12),
        ];
        for (written, status) in table {
            let headers = Headers::from_iter(written.map(|written| ("grpc-status", written)));
            assert_eq!(of(None, Some(&headers), Some(404)), Some(status), "{written:?}");
        }
        assert_eq!(of(None, None, None), None);
    }

    #[test]
    fn trailers_come_before_headers() {
        let status = |status: &str| Headers::from_iter([("grpc-status", status)]);
        assert_eq!(of(Some(&status("1")), Some(&status("2")), Some(200)), Some(1));
    }
}
