//! One HTTP/1.1 request as the bytes that go out.
//!
//! Written by hand because a request must leave exactly as it was asked for: a library would refuse or tidy
//! the path `/orders/../admin`, a header twice, or a byte that is no text.

/// Names and values in their order.
pub type Headers = Vec<(String, Vec<u8>)>;

/// A request, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The request target as it is written on the request line, such as `/orders/../admin?x=1`.
    pub target: Vec<u8>,
    /// The headers in their order; a name may be there twice. `host`, `connection` and `content-length` are
    /// added unless they are among these.
    pub headers: Headers,
    /// The body; nothing is sent for an empty one.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let target = target.as_bytes().to_vec();
        Self {
            method: method.to_owned(),
            target,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The same request with one header more, behind the others.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The bytes that go out; `host` is the value of the `host` header where the request has none.
    #[must_use]
    pub fn encode(&self, host: &str) -> Vec<u8> {
        let mut bytes = self.method.clone().into_bytes();
        bytes.push(b' ');
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in self.added_headers(host) {
            push_header(&mut bytes, name, value.as_bytes());
        }
        for (name, value) in &self.headers {
            push_header(&mut bytes, name, value);
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn added_headers(&self, host: &str) -> Vec<(&'static str, String)> {
        let mut added = vec![("host", host.to_owned()), ("connection", "close".to_owned())];
        if !self.body.is_empty() {
            added.push(("content-length", self.body.len().to_string()));
        }
        added.retain(|(name, _)| {
            !self
                .headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        });
        added
    }
}

fn push_header(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_target_leaves_untouched() {
        let request = HttpRequest::new("GET", "/orders/../admin#x")
            .with_header("x-a", "1")
            .with_header("x-a", "2");
        assert_eq!(
            String::from_utf8(request.encode("orders")).unwrap(),
            "GET /orders/../admin#x HTTP/1.1\r\nhost: orders\r\nconnection: close\r\nx-a: 1\r\nx-a: 2\r\n\r\n"
        );
    }

    #[test]
    fn a_given_host_takes_the_place_of_the_added_one() {
        let request = HttpRequest::new("POST", "/")
            .with_header("Host", "a")
            .with_body("xyz");
        assert_eq!(
            String::from_utf8(request.encode("b")).unwrap(),
            "POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 3\r\nHost: a\r\n\r\nxyz"
        );
    }
}
