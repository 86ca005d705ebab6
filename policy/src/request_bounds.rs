//! [`RequestBounds`]: how large a request may be that is judged at all.

use crate::attribute::Attribute;
use crate::decision::Denial;
use crate::request::{Headers, Request};

/// The bounds on a request, in both profiles. Each is above what proxies take by default (Envoy: 60 KiB of headers in at most
/// 100 lines, the path among them).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestBounds {
    /// Bytes of the `:path` with its query.
    pub path_bytes: usize,
    /// Lines of the header list, pseudo-headers among them; of the trailers likewise.
    pub header_lines: usize,
    /// Bytes of names and values of all headers together; of the trailers likewise.
    pub header_bytes: usize,
}

impl RequestBounds {
    /// The bounds in force.
    pub const IN_FORCE: Self = Self {
        path_bytes: 64 << 10,
        header_lines: 4096,
        header_bytes: 1 << 20,
    };
}

/// Refuses a request that is over a bound, before anything else is asked of it.
pub(crate) fn require_within_bounds(request: &Request<'_>) -> Result<(), Denial<'static>> {
    if let Attribute::Known(path) = request.path
        && path.len() > RequestBounds::IN_FORCE.path_bytes
    {
        return Err(Denial::RequestTooLarge);
    }
    match request.headers {
        Attribute::Known(headers) => require_lines_within_bounds(headers),
        Attribute::Absent | Attribute::Unreadable => Ok(()),
    }
}

/// Refuses headers or trailers that are over a bound. The lines are counted first, so that the work is bounded too.
pub(crate) fn require_lines_within_bounds(lines: Headers<'_>) -> Result<(), Denial<'static>> {
    let RequestBounds {
        path_bytes: _,
        header_lines,
        header_bytes,
    } = RequestBounds::IN_FORCE;
    if lines.len() > header_lines {
        return Err(Denial::RequestTooLarge);
    }
    let bytes = lines.iter().fold(0_usize, |bytes, (name, value)| {
        bytes.saturating_add(name.len()).saturating_add(value.len())
    });
    if bytes > header_bytes {
        return Err(Denial::RequestTooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Protocol;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const BOUNDS: RequestBounds = RequestBounds::IN_FORCE;

    fn with_path(bytes: usize) -> Result<(), Denial<'static>> {
        let path = vec![b'a'; bytes];
        require_within_bounds(&Request {
            path: Attribute::Known(&path),
            ..Request::absent(Protocol::Http)
        })
    }

    fn with_headers(headers: Headers<'_>) -> Result<(), Denial<'static>> {
        require_within_bounds(&Request {
            headers: Attribute::Known(headers),
            ..Request::absent(Protocol::Http)
        })
    }

    #[test]
    fn a_path_at_the_bound_passes_and_one_byte_more_does_not() {
        assert_eq!(with_path(BOUNDS.path_bytes), Ok(()));
        assert_eq!(with_path(BOUNDS.path_bytes + 1), Err(Denial::RequestTooLarge));
    }

    #[test]
    fn as_many_header_lines_as_the_bound_pass_and_one_more_does_not() {
        let lines = vec![(&b"a"[..], &b""[..]); BOUNDS.header_lines + 1];
        assert_eq!(with_headers(&lines[1..]), Ok(()));
        assert_eq!(with_headers(&lines), Err(Denial::RequestTooLarge));
    }

    #[test]
    fn names_and_values_are_counted_together() {
        let half = vec![b'a'; BOUNDS.header_bytes / 2];
        assert_eq!(with_headers(&[(&half, &half)]), Ok(()));
        let one_more = [(&half[..], &half[..]), (b"", b"a")];
        assert_eq!(with_headers(&one_more), Err(Denial::RequestTooLarge));
    }

    #[test]
    fn what_is_absent_or_unreadable_is_within_every_bound() {
        assert_eq!(require_within_bounds(&Request::absent(Protocol::Tcp)), Ok(()));
        let unreadable = Request {
            path: Attribute::Unreadable,
            headers: Attribute::Unreadable,
            ..Request::absent(Protocol::Http)
        };
        assert_eq!(require_within_bounds(&unreadable), Ok(()));
    }
}
