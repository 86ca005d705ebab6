//! [`RequestDocument`]: a request written down, for the command line, for policy tests and for the corpus.

mod address;
mod metadata;
mod peer;
mod read;

use core::net::IpAddr;

use serde::de::{Deserialize, Deserializer, Error as _};
use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, ConfigErrors, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::limits::Limits;
use crate::config::time::time;
use crate::config::values::text;
use crate::leaf_certificate::LeafCertificate;
use crate::request::{Peer, PeerCertificate, Protocol, Request, Validation};
use crate::request_document::address::{Destination, Source};
use crate::request_document::peer::{CertificateDocument, PeerDocument};
use crate::request_document::read::{read_bytes, read_header, read_protocol};

/// A request as a JSON or YAML document. An absent field is an absent attribute, an unknown one an error.
///
/// `path`, `host` and header values are text, or `{"base64": "..."}` for raw bytes.
#[derive(Clone, Debug, Default)]
pub struct RequestDocument {
    /// `None` is plaintext.
    peer: Option<PeerDocument>,
    source: Source,
    destination: Destination,
    sni: Option<String>,
    protocol: WrittenProtocol,
    method: Option<String>,
    host: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
    metadata: Option<Document>,
    time: Option<OffsetDateTime>,
}

/// `protocol` as it is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum WrittenProtocol {
    #[default]
    Http,
    Grpc,
    Tcp,
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
        let protocol = fields
            .optional("protocol", problems, read_protocol)
            .unwrap_or_default();
        if protocol == WrittenProtocol::Tcp {
            refuse_http_fields(&fields, at, problems);
        }
        let request = Self {
            peer: fields.optional("peer", problems, PeerDocument::read),
            source: fields
                .optional("source", problems, Source::read)
                .unwrap_or_default(),
            destination: fields
                .optional("destination", problems, Destination::read)
                .unwrap_or_default(),
            sni: fields.optional("sni", problems, text),
            protocol,
            method: fields.optional("method", problems, text),
            host: fields.optional("host", problems, read_bytes),
            path: fields.optional("path", problems, read_bytes),
            headers: fields
                .list("headers", problems, read_header)
                .map(|headers| headers.into_iter().map(|(_, header)| header).collect())
                .unwrap_or_default(),
            metadata: metadata::read(&mut fields, at, problems),
            time: fields.optional("time", problems, time),
        };
        fields.finish(problems);
        Some(request)
    }

    /// The URI SANs of the peer's certificate, in order; `None` for a peer that presents none.
    #[must_use]
    pub fn uri_sans(&self) -> Option<&[Vec<u8>]> {
        self.leaf().map(|leaf| leaf.facts().uri_sans.as_slice())
    }

    /// What is known of the peer's certificate; `None` for a peer that presents none.
    #[must_use]
    pub fn leaf(&self) -> Option<&LeafCertificate> {
        self.certificate().map(|certificate| &certificate.leaf)
    }

    /// The SHA-256 digest of the peer's certificate; empty where it is only described.
    #[must_use]
    pub fn certificate_digest(&self) -> Option<&[u8]> {
        self.certificate()
            .map(|certificate| certificate.digest.as_slice())
    }

    /// What a listener in front hands on of the peer.
    #[must_use]
    pub fn handed_on(&self) -> Option<&[u8]> {
        self.peer.as_ref().and_then(PeerDocument::handed_on)
    }

    fn certificate(&self) -> Option<&CertificateDocument> {
        self.peer.as_ref().and_then(PeerDocument::certificate)
    }

    /// The peer's certificate as PEM, where the document holds one.
    #[must_use]
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate()?.pem.as_deref()
    }

    /// The direct peer address, if it is given.
    #[must_use]
    pub fn source_ip(&self) -> Option<IpAddr> {
        self.source.ip
    }

    /// The client's address as the proxy worked it out, if it is given.
    #[must_use]
    pub fn remote_ip(&self) -> Option<IpAddr> {
        self.source.remote_ip
    }

    /// The local address, if it is given.
    #[must_use]
    pub fn destination_ip(&self) -> Option<IpAddr> {
        self.destination.ip
    }

    /// The destination port, if it is given.
    #[must_use]
    pub fn destination_port(&self) -> Option<u16> {
        self.destination.port
    }

    /// The requested server name, if it is given.
    #[must_use]
    pub fn sni(&self) -> Option<&str> {
        self.sni.as_deref()
    }

    /// Whether there is an HTTP request or a connection alone.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        match self.protocol {
            WrittenProtocol::Http | WrittenProtocol::Grpc => Protocol::Http,
            WrittenProtocol::Tcp => Protocol::Tcp,
        }
    }

    /// Whether it is a gRPC request.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        self.protocol == WrittenProtocol::Grpc
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

    /// The headers beside those that start with a colon, in order; a name may stand more than once.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The dynamic metadata with the JWT in it, a map of namespaces to maps, if either is given.
    #[must_use]
    pub fn metadata(&self) -> Option<&Document> {
        self.metadata.as_ref()
    }

    /// The time of the request, if it is given.
    #[must_use]
    pub fn time(&self) -> Option<OffsetDateTime> {
        self.time
    }

    /// The request as the engine judges it, lent to `use_it`.
    pub fn with_request<T>(&self, use_it: impl FnOnce(&Request<'_>) -> T) -> T {
        let uri_sans: Vec<&[u8]> = self
            .uri_sans()
            .unwrap_or_default()
            .iter()
            .map(Vec::as_slice)
            .collect();
        let headers: Vec<(&[u8], &[u8])> = self
            .headers()
            .map(|(name, value)| (name.as_bytes(), value))
            .collect();
        let peer = match &self.peer {
            None => Peer::Plaintext,
            Some(PeerDocument::HandedOn(text)) => Peer::HandedOn(text),
            Some(PeerDocument::Certificate(certificate)) => Peer::Certificate(PeerCertificate {
                uri_sans: &uri_sans,
                validation: Validation::Validated,
                leaf: Attribute::Known(&certificate.leaf),
                digest: Attribute::Known(&certificate.digest),
            }),
        };
        use_it(&Request {
            protocol: self.protocol(),
            peer,
            source_ip: attribute(self.source_ip()),
            remote_ip: attribute(self.remote_ip()),
            destination_ip: attribute(self.destination_ip()),
            destination_port: attribute(self.destination_port()),
            sni: attribute(self.sni().filter(|sni| !sni.is_empty()).map(str::as_bytes)),
            method: attribute(self.method().map(str::as_bytes)),
            host: attribute(self.host()),
            path: attribute(self.path()),
            headers: Attribute::Known(&headers),
            metadata: attribute(self.metadata()),
            time: attribute(self.time()),
        })
    }
}

impl<'de> Deserialize<'de> for RequestDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_document(&Document::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn attribute<T>(value: Option<T>) -> Attribute<T> {
    value.map_or(Attribute::Absent, Attribute::Known)
}

/// A connection has no attribute of an HTTP request.
fn refuse_http_fields(fields: &Fields<'_, '_>, at: &FieldPath<'_>, problems: &mut Problems) {
    for name in ["method", "host", "path", "headers", "jwt"] {
        if fields.has(name) {
            let why = "a connection (`protocol: tcp`) has no HTTP attribute";
            problems.add(&at.field(name), ConfigErrorKind::Conflict(why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(json: &str) -> RequestDocument {
        RequestDocument::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn an_absent_field_is_an_absent_attribute() {
        read("{}").with_request(|request| {
            assert_eq!(request.protocol, Protocol::Http);
            assert_eq!(request.peer, Peer::Plaintext);
            assert_eq!(request.source_ip, Attribute::Absent);
            assert_eq!(request.destination_port, Attribute::Absent);
            assert_eq!(request.path, Attribute::Absent);
            assert_eq!(request.headers, Attribute::Known(&[][..]));
            assert_eq!(request.metadata, Attribute::Absent);
            assert_eq!(request.time, Attribute::Absent);
        });
    }

    #[test]
    fn raw_bytes_come_as_base64() {
        let document = read(r#"{"path": {"base64": "L/8="}, "host": "a"}"#);
        assert_eq!(document.path(), Some(&b"/\xff"[..]));
        assert_eq!(document.host(), Some(&b"a"[..]));
    }

    #[test]
    fn addresses_and_time_are_read_as_what_they_are() {
        let document = read(
            r#"{"source": {"ip": "10.0.0.7", "remoteIp": "2001:db8::1"}, "destination": {"ip": "10.0.0.8"},
                "sni": "a.shop", "time": "2026-01-01T00:00:00Z", "protocol": "tcp"}"#,
        );
        document.with_request(|request| {
            assert_eq!(request.protocol, Protocol::Tcp);
            assert_eq!(request.source_ip, Attribute::Known("10.0.0.7".parse().unwrap()));
            assert_eq!(
                request.remote_ip,
                Attribute::Known("2001:db8::1".parse().unwrap())
            );
            assert_eq!(
                request.destination_ip,
                Attribute::Known("10.0.0.8".parse().unwrap())
            );
            assert_eq!(request.sni, Attribute::Known(&b"a.shop"[..]));
            assert_eq!(
                request.time.map(OffsetDateTime::unix_timestamp),
                Attribute::Known(1_767_225_600)
            );
        });
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
            r#"{"peer": {"dnsSan": []}}"#,
            r#"{"peer": {"spiffeId": "a", "issuerKeyId": "xyz"}}"#,
            r#"{"peer": {"spiffeId": "a", "certificatePem": "x"}}"#,
            r#"{"source": {"ip": "10.0.0"}}"#,
            r#"{"source": {"port": 1}}"#,
            r#"{"destination": {"port": 65536}}"#,
            r#"{"protocol": "quic"}"#,
            r#"{"protocol": "tcp", "path": "/"}"#,
            r#"{"protocol": "tcp", "jwt": {}}"#,
            r#"{"jwt": []}"#,
            r#"{"metadata": {"a": 1}}"#,
            r#"{"jwt": {}, "metadata": {"envoy.filters.http.jwt_authn": {"payload": {}}}}"#,
            r#"{"time": "yesterday"}"#,
            r#"{"method": 1}"#,
            r#"{"headers": [["a"]]}"#,
            r#"{"method": "GET", "method": "PUT"}"#,
        ] {
            assert!(RequestDocument::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
