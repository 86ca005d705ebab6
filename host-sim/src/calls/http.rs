//! HTTP calls: what a plugin sends, and what a test answers.

use std::time::Duration;

use crate::header_kind::HeaderKind;
use crate::headers::Headers;
use crate::pairs::Pair;

/// An HTTP call that awaits its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// The number by which the plugin and the test name it.
    pub id: u32,
    /// The root context that gets the answer: that of the stream which was in effect at the hostcall.
    pub context: u32,
    /// The cluster that it goes to.
    pub cluster: String,
    /// The headers, with the `content-length` that Envoy sets for a body, and without what Envoy's router adds on the way.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers; an empty list sends none.
    pub trailers: Headers,
    /// How long it waits; `None` is for ever.
    pub timeout: Option<Duration>,
}

/// The headers without which Envoy sends nothing.
const NEEDED: [&str; 3] = [":path", ":method", ":authority"];

/// The request's headers of a call, if they have what a request needs.
pub(crate) fn request_headers(pairs: Vec<Pair>, body: &[u8]) -> Option<Headers> {
    let mut headers = Headers::new();
    for (name, value) in pairs {
        headers.add_as_envoy(HeaderKind::Request, name, value);
    }
    let complete = NEEDED.iter().all(|name| headers.get(name).is_some());
    if !body.is_empty() {
        headers.replace("content-length", body.len().to_string());
    }
    complete.then_some(headers)
}

/// An answer to an HTTP call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    headers: Headers,
    body: Vec<u8>,
    trailers: Headers,
}

impl HttpAnswer {
    /// An answer with this status, and nothing else.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            headers: Headers::from_iter([(":status", status.to_string())]),
            body: Vec::new(),
            trailers: Headers::new(),
        }
    }

    /// What Envoy answers in the upstream's place when the call's time is over.
    #[must_use]
    pub fn timed_out() -> Self {
        Self::of_envoy(504, "upstream request timeout")
    }

    /// What Envoy answers in the upstream's place when it closes the connection before it has answered.
    #[must_use]
    pub fn broken_off() -> Self {
        let body =
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
        Self::of_envoy(503, body)
    }

    fn of_envoy(status: u16, body: &str) -> Self {
        Self::new(status)
            .header("content-length", body.len().to_string())
            .header("content-type", "text/plain")
            .body(body)
    }

    /// Adds a header, beside those of the same name.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.add_as_envoy(HeaderKind::Response, name, value);
        self
    }

    /// Sets the body; no header tells its length unless the test adds one.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a trailer, beside those of the same name.
    #[must_use]
    pub fn trailer(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.trailers
            .add_as_envoy(HeaderKind::ResponseTrailers, name, value);
        self
    }

    pub(crate) const fn headers(&self) -> &Headers {
        &self.headers
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// An answer without trailers has no such map at all.
    pub(crate) fn trailers(&self) -> Option<&Headers> {
        (!self.trailers.is_empty()).then_some(&self.trailers)
    }

    /// How much of it there is: headers, bytes, trailers.
    pub(crate) fn sizes(&self) -> [u32; 3] {
        [self.headers.len(), self.body.len(), self.trailers.len()].map(size)
    }
}

/// A guest of 32 bits cannot take a body of 4 GiB or more; its size then reads as the largest number.
pub(crate) fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(names: &[&str]) -> Vec<Pair> {
        names
            .iter()
            .map(|name| (name.as_bytes().to_vec(), b"x".to_vec()))
            .collect()
    }

    #[test]
    fn a_request_needs_a_path_a_method_and_an_authority() {
        assert!(request_headers(pairs(&NEEDED), b"").is_some());
        for left_out in NEEDED {
            let rest: Vec<_> = NEEDED.into_iter().filter(|name| *name != left_out).collect();
            assert_eq!(request_headers(pairs(&rest), b""), None, "{left_out}");
        }
    }

    #[test]
    fn the_host_header_is_the_authority() {
        let headers = request_headers(pairs(&[":path", ":method", "Host"]), b"").unwrap();
        assert_eq!(headers.get(":authority"), Some(&b"x"[..]));
        assert_eq!(headers.get("host"), None);
    }

    #[test]
    fn only_a_body_has_a_length_and_it_is_the_true_one() {
        let with_length = [&NEEDED[..], &["content-length"]].concat();
        let length = |body: &[u8]| {
            let headers = request_headers(pairs(&with_length), body).unwrap();
            headers.get("content-length").map(<[u8]>::to_vec)
        };
        assert_eq!(length(b"four"), Some(b"4".to_vec()));
        assert_eq!(length(b""), Some(b"x".to_vec()), "as the plugin gave it");
    }
}
