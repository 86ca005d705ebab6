//! [`Vector`]: one thing that a hostile peer sends, and what must become of it.

use crate::attacks::hpack::Fields;
use crate::attacks::http2::Step;

/// The authority of requests that say nothing else.
pub const AUTHORITY: &str = "orders.shop";

/// One attack.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The row of the catalogue that it belongs to.
    pub row: &'static str,
    /// What is sent, for people.
    pub name: String,
    /// The peer, by the name that its group gives it.
    pub peer: &'static str,
    /// What is sent.
    pub wire: Wire,
    /// What must become of it.
    pub must: Must,
}

/// The bytes of an attack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wire {
    /// A request of HTTP/1.1 that keeps its connection open.
    Http1(Vec<u8>),
    /// Bytes on a connection of their own, that is read until it ends or falls silent.
    Bytes(Vec<u8>),
    /// A stream of HTTP/2.
    Http2(Vec<Step>),
}

/// What must become of an attack. Nothing forbidden may arrive in any case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Must {
    /// Nothing arrives.
    BeDenied,
    /// Where the guard sees it as it was sent, nothing arrives; behind a door that normalises, what arrives counts.
    BeDeniedAsSent,
    /// It is what the policy protects: nothing arrives, but where this is the only thing allowed.
    BeProtected,
    /// It is something else: it arrives, but where the protected is the only thing allowed.
    BeOther,
    /// It may arrive or not, as long as no reading of what arrives is forbidden.
    BeHarmless,
}

/// A field.
pub type Field<'a> = (&'a [u8], &'a [u8]);

impl Wire {
    /// `GET` by HTTP/1.1.
    #[must_use]
    pub fn http1(target: &[u8], headers: &[Field<'_>]) -> Self {
        Self::Http1(request(b"GET", target, headers))
    }

    /// `GET` by HTTP/2. A header `host` takes the place of the authority.
    #[must_use]
    pub fn http2(target: &[u8], headers: &[Field<'_>]) -> Self {
        let hosts = headers.iter().filter(|(name, _)| *name == b"host");
        let authority = hosts
            .map(|(_, value)| *value)
            .next()
            .unwrap_or(AUTHORITY.as_bytes());
        let pseudo: [Field<'_>; 4] = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", authority),
            (b":path", target),
        ];
        let others = headers.iter().filter(|(name, _)| *name != b"host");
        Self::fields(&pseudo.iter().chain(others).copied().collect::<Vec<_>>())
    }

    /// These fields and nothing else, by HTTP/2.
    #[must_use]
    pub fn fields(fields: &[Field<'_>]) -> Self {
        Self::Http2(vec![Step::Headers(owned(fields))])
    }

    /// Whether it goes by HTTP/2.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }
}

/// Fields that own their bytes.
#[must_use]
pub fn owned(fields: &[Field<'_>]) -> Fields {
    fields
        .iter()
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

/// A request of HTTP/1.1 without a body, byte for byte; the host is [`AUTHORITY`] unless a header names one.
#[must_use]
pub fn request(method: &[u8], target: &[u8], headers: &[Field<'_>]) -> Vec<u8> {
    let mut bytes = [method, b" ", target, b" HTTP/1.1\r\n"].concat();
    let names_host = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"host"));
    let host: [Field<'_>; 1] = [(b"host", AUTHORITY.as_bytes())];
    let added = if names_host { &[][..] } else { &host[..] };
    for (name, value) in added.iter().chain(headers) {
        bytes.extend([name, b": ".as_slice(), value, b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The name of bytes that need not be text.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    const LONGEST: usize = 80;
    let shown = bytes.get(..LONGEST).unwrap_or(bytes).escape_ascii().to_string();
    if bytes.len() > LONGEST {
        format!("{shown}.. ({} bytes)", bytes.len())
    } else {
        shown
    }
}
