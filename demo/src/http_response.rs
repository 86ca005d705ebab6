//! One HTTP/1.1 response, read from the bytes that came back.

use crate::http_request::Headers;

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers in their order, names in lower case, values without surrounding blanks.
    pub headers: Headers,
    /// The body, without its chunked framing.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of the first header of this name (given in lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_slice())
    }

    /// The body as text, for people.
    #[must_use]
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads a response from the bytes received so far; `None` when more are to come.
    ///
    /// # Errors
    /// When the bytes are no HTTP/1.1 response, or end too early while `ended` says that no more will come.
    pub fn parse(received: &[u8], ended: bool, method: &str) -> Result<Option<Self>, MalformedResponse> {
        let Some((head, body)) = split_once(received, b"\r\n\r\n") else {
            return cut_short(ended, "the head");
        };
        let (status, headers) = parse_head(head)?;
        let response = Self {
            status,
            headers,
            body: Vec::new(),
        };
        match response.framing(method)?.read(body, ended)? {
            Some(body) => Ok(Some(Self { body, ..response })),
            None => cut_short(ended, "the body"),
        }
    }

    fn framing(&self, method: &str) -> Result<Framing, MalformedResponse> {
        if method == "HEAD" || matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        match (self.header("transfer-encoding"), self.header("content-length")) {
            (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            (Some(coding), _) => Err(malformed("transfer-encoding", coding)),
            (None, Some(length)) => Ok(Framing::Length(parse_number(length, 10, "content-length")?)),
            (None, None) => Ok(Framing::UntilEnd),
        }
    }
}

/// Bytes that are no HTTP/1.1 response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedResponse {
    /// A part of the response does not parse.
    #[error("no {part} can be read from `{found}`")]
    Part {
        /// The part.
        part: &'static str,
        /// What was there, for people.
        found: String,
    },
    /// The connection ended within the response.
    #[error("the response ends within {part}")]
    CutShort {
        /// The part.
        part: &'static str,
    },
}

/// How the end of the body is known.
enum Framing {
    Length(usize),
    Chunked,
    UntilEnd,
}

impl Framing {
    /// The body, or `None` when it is not complete yet.
    fn read(&self, bytes: &[u8], ended: bool) -> Result<Option<Vec<u8>>, MalformedResponse> {
        match self {
            Self::Length(length) => Ok(bytes.get(..*length).map(<[u8]>::to_vec)),
            Self::UntilEnd => Ok(ended.then(|| bytes.to_vec())),
            Self::Chunked => read_chunks(bytes),
        }
    }
}

fn read_chunks(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, MalformedResponse> {
    let mut body = Vec::new();
    while let Some((line, rest)) = split_once(bytes, b"\r\n") {
        let digits = line.split(|&byte| byte == b';').next().unwrap_or(line);
        let length: usize = parse_number(digits, 16, "chunk length")?;
        let (Some(chunk), Some(after)) = (rest.get(..length), rest.get(length..)) else {
            return Ok(None);
        };
        if length == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        let Some(next) = after.get(2..) else {
            return Ok(None);
        };
        bytes = next;
    }
    Ok(None)
}

fn parse_head(head: &[u8]) -> Result<(u16, Headers), MalformedResponse> {
    let (status_line, headers) = split_once(head, b"\r\n").unwrap_or((head, b""));
    Ok((parse_status_line(status_line)?, parse_headers(headers)?))
}

fn parse_status_line(line: &[u8]) -> Result<u16, MalformedResponse> {
    let status = line
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| line.strip_prefix(b"HTTP/1.0 "));
    let digits = status
        .and_then(|rest| rest.get(..3))
        .ok_or_else(|| malformed("status line", line))?;
    parse_number(digits, 10, "status code")
}

fn parse_headers(mut lines: &[u8]) -> Result<Headers, MalformedResponse> {
    let mut headers = Vec::new();
    while !lines.is_empty() {
        let (line, rest) = split_once(lines, b"\r\n").unwrap_or((lines, b""));
        let (name, value) = split_once(line, b":").ok_or_else(|| malformed("header", line))?;
        let name = std::str::from_utf8(name).map_err(|_utf8| malformed("header name", name))?;
        headers.push((name.to_ascii_lowercase(), value.trim_ascii().to_vec()));
        lines = rest;
    }
    Ok(headers)
}

fn parse_number<N: TryFrom<u32>>(
    digits: &[u8],
    radix: u32,
    part: &'static str,
) -> Result<N, MalformedResponse> {
    let text = std::str::from_utf8(digits).map_err(|_utf8| malformed(part, digits))?;
    let number = u32::from_str_radix(text.trim(), radix).map_err(|_parse| malformed(part, digits))?;
    N::try_from(number).map_err(|_range| malformed(part, digits))
}

fn split_once<'b>(bytes: &'b [u8], separator: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(separator.len())?..)?))
}

fn cut_short(ended: bool, part: &'static str) -> Result<Option<HttpResponse>, MalformedResponse> {
    if ended {
        Err(MalformedResponse::CutShort { part })
    } else {
        Ok(None)
    }
}

fn malformed(part: &'static str, found: &[u8]) -> MalformedResponse {
    MalformedResponse::Part {
        part,
        found: found.escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, ended: bool) -> Result<Option<HttpResponse>, MalformedResponse> {
        HttpResponse::parse(text.as_bytes(), ended, "GET")
    }

    #[test]
    fn the_body_ends_where_its_framing_says() {
        let table = [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokay", false, "ok"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\nay!\r\n0\r\n\r\n",
                false,
                "okay!",
            ),
            ("HTTP/1.1 200 OK\r\n\r\nok", true, "ok"),
            ("HTTP/1.1 204 No Content\r\n\r\n", false, ""),
            ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", false, ""),
        ];
        for (text, ended, body) in table {
            let response = parse(text, ended).unwrap().unwrap();
            assert_eq!(response.body_text(), body, "{text}");
        }
    }

    #[test]
    fn an_incomplete_response_waits_for_more_and_is_an_error_at_the_end() {
        let table = [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r",
        ];
        for text in table {
            assert_eq!(parse(text, false), Ok(None), "{text}");
            assert!(
                matches!(parse(text, true), Err(MalformedResponse::CutShort { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_response_is_shown() {
        let table = [
            ("SSH-2.0-x\r\n\r\n", "no status line can be read from `SSH-2.0-x`"),
            ("HTTP/1.1 2x0 OK\r\n\r\n", "no status code can be read from `2x0`"),
            (
                "HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
                "no header can be read from `nothing`",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
                "no content-length can be read from `x`",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
                "no transfer-encoding can be read from `gzip`",
            ),
        ];
        for (text, message) in table {
            assert_eq!(parse(text, false).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn header_names_are_lower_case_and_values_trimmed() {
        let response = parse("HTTP/1.1 200 OK\r\nX-A:  b \r\ncontent-length: 0\r\n\r\n", false)
            .unwrap()
            .unwrap();
        assert_eq!(response.header("x-a"), Some(b"b".as_slice()));
    }
}
