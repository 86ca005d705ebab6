//! [`RequestDocument`]: a request written down, for the command line, for policy tests and for the corpus.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::attribute::Attribute;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, ConfigErrors, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed, wrong_kind};
use crate::config::limits::Limits;
use crate::config::values::{anything, text};
use crate::request::{Peer, PeerCertificate, Request, Validation};

/// A request as a JSON or YAML document. An absent field is an absent attribute, an unknown one an error.
///
/// `path`, `host` and header values are text, or `{"base64": "..."}` for raw bytes.
#[derive(Clone, Debug, Default)]
pub struct RequestDocument {
    /// URI SANs of the peer's validated certificate; `None` is plaintext.
    uri_sans: Option<Vec<String>>,
    destination_port: Option<u16>,
    is_grpc: bool,
    method: Option<String>,
    host: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
}

impl RequestDocument {
    /// Reads one JSON document.
    ///
    /// # Errors
    /// Every problem of the document, each with its place.
    pub fn from_json(json: &[u8]) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(Limits::default());
        match Document::from_json(json, problems.limits) {
            Ok(document) => Self::from_document(&document),
            Err(error) => {
                problems.add(&FieldPath::Root, ConfigErrorKind::Syntax(error.to_string()));
                problems.into_result(None)
            }
        }
    }

    /// Reads a document that was parsed already, from YAML for instance.
    ///
    /// # Errors
    /// Every problem of the document, each with its place.
    pub fn from_document(document: &Document) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(Limits::default());
        let request = Self::read(document, &FieldPath::Root, &mut problems);
        problems.into_result(request)
    }

    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let request = Self {
            uri_sans: fields.optional("peer", problems, read_peer),
            destination_port: fields
                .optional("destination", problems, read_destination)
                .flatten(),
            is_grpc: fields
                .optional("protocol", problems, read_is_grpc)
                .unwrap_or(false),
            method: fields.optional("method", problems, text),
            host: fields.optional("host", problems, read_bytes),
            path: fields.optional("path", problems, read_bytes),
            headers: elements(fields.list("headers", problems, read_header)).unwrap_or_default(),
        };
        fields.finish(problems);
        Some(request)
    }

    /// The peer's URI SANs, in order; `None` for plaintext.
    #[must_use]
    pub fn uri_sans(&self) -> Option<&[String]> {
        self.uri_sans.as_deref()
    }

    /// The destination port, if it is given.
    #[must_use]
    pub fn destination_port(&self) -> Option<u16> {
        self.destination_port
    }

    /// The method, if it is given.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The `:authority`, if it is given.
    #[must_use]
    pub fn host(&self) -> Option<&[u8]> {
        self.host.as_deref()
    }

    /// The `:path` with its query, if it is given.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        self.path.as_deref()
    }

    /// Whether it is a gRPC request.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        self.is_grpc
    }

    /// The headers beside those that start with a colon, in order; a name may stand more than once.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The request as the engine judges it, lent to `use_it`.
    pub fn with_request<T>(&self, use_it: impl FnOnce(&Request<'_>) -> T) -> T {
        let uri_sans: Option<Vec<&[u8]>> = self
            .uri_sans()
            .map(|ids| ids.iter().map(String::as_bytes).collect());
        let peer = match &uri_sans {
            None => Peer::Plaintext,
            Some(uri_sans) => Peer::Certificate(PeerCertificate {
                uri_sans,
                validation: Validation::Validated,
            }),
        };
        use_it(&Request {
            peer,
            destination_port: attribute(self.destination_port()),
            method: attribute(self.method().map(str::as_bytes)),
            host: attribute(self.host()),
            path: attribute(self.path()),
        })
    }
}

impl<'de> Deserialize<'de> for RequestDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_document(&Document::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The elements without their places.
fn elements<T>(list: Option<Listed<T>>) -> Option<Vec<T>> {
    list.map(|list| list.into_iter().map(|(_, element)| element).collect())
}

fn attribute<T>(value: Option<T>) -> Attribute<T> {
    value.map_or(Attribute::Absent, Attribute::Known)
}

/// `{"spiffeId": "..."}`, a validated SVID with this one URI SAN, or `{"uriSans": [...]}`, all of them.
fn read_peer(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let mut fields = Fields::of(document, at, problems)?;
    let (has_id, has_sans) = (fields.has("spiffeId"), fields.has("uriSans"));
    let id = fields.optional("spiffeId", problems, text);
    let uri_sans = elements(fields.list("uriSans", problems, text));
    fields.unsupported(&["certificatePem"], "name the URI SANs in `uriSans`", problems);
    fields.finish(problems);
    if has_id && has_sans {
        problems.add(
            at,
            ConfigErrorKind::Conflict("`spiffeId` and `uriSans` exclude each other"),
        );
    }
    id.map(|id| vec![id]).or(uri_sans).or(Some(Vec::new()))
}

fn read_destination(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Option<u16>> {
    let mut fields = Fields::of(document, at, problems)?;
    let port = fields.optional("port", problems, read_port);
    fields.finish(problems);
    Some(port)
}

fn read_port(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<u16> {
    let Document::Number(number) = document else {
        wrong_kind(document, at, "a number", problems);
        return None;
    };
    let port = number.parse().ok();
    if port.is_none() {
        problems.invalid(at, number, "a port: a number from 0 to 65535");
    }
    port
}

fn read_is_grpc(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<bool> {
    let protocol = text(document, at, problems)?;
    match protocol.as_str() {
        "http" => return Some(false),
        "grpc" => return Some(true),
        "tcp" => problems.unsupported(at, "the protocol tcp is", "write http or grpc"),
        _ => problems.invalid(at, &protocol, "a protocol: http or grpc"),
    }
    None
}

/// `["name", "value"]`
fn read_header(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<(String, Vec<u8>)> {
    match document {
        Document::List(pair) => match pair.as_slice() {
            [name, value] => {
                let name = text(name, &at.index(0), problems);
                let value = read_bytes(value, &at.index(1), problems);
                return Some((name?, value?));
            }
            _ => wrong_kind(document, at, "a pair of name and value", problems),
        },
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::String(_) | Document::Map(_) => {
            wrong_kind(document, at, "a pair of name and value", problems)
        }
    }
    None
}

/// Text, or bytes as `{"base64": "..."}`.
fn read_bytes(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Vec<u8>> {
    if !matches!(document, Document::Map(_)) {
        return text(document, at, problems).map(String::into_bytes);
    }
    let mut fields = Fields::of(document, at, problems)?;
    let encoded = fields.required("base64", "the bytes", problems, anything);
    fields.finish(problems);
    let at = at.field("base64");
    let encoded = text(&encoded?, &at, problems)?;
    let bytes = STANDARD.decode(&encoded).ok();
    if bytes.is_none() {
        problems.invalid(&at, &encoded, "base64 (RFC 4648, with padding)");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_absent_field_is_an_absent_attribute() {
        let document = RequestDocument::from_json(b"{}").unwrap();
        document.with_request(|request| {
            assert_eq!(request.peer, Peer::Plaintext);
            assert_eq!(request.destination_port, Attribute::Absent);
            assert_eq!(request.path, Attribute::Absent);
        });
    }

    #[test]
    fn raw_bytes_come_as_base64() {
        let document = RequestDocument::from_json(br#"{"path": {"base64": "L/8="}, "host": "a"}"#).unwrap();
        assert_eq!(document.path(), Some(&b"/\xff"[..]));
        assert_eq!(document.host(), Some(&b"a"[..]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"pathh": "/"}"#,
            r#"{"path": {"base65": "Lw=="}}"#,
            r#"{"path": {"base64": "?"}}"#,
            r#"{"path": {"base64": "Lw==", "x": "y"}}"#,
            r#"{"peer": {"spiffeId": "a", "uriSans": []}}"#,
            r#"{"peer": {"dnsSans": []}}"#,
            r#"{"destination": {"port": 65536}}"#,
            r#"{"protocol": "tcp"}"#,
            r#"{"protocol": "quic"}"#,
            r#"{"method": 1}"#,
            r#"{"headers": [["a"]]}"#,
            r#"{"method": "GET", "method": "PUT"}"#,
        ] {
            assert!(RequestDocument::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
