//! [`Fragment`]: one value of one dimension, and a request composed of them.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::difference::Dimension;
use crate::difference::scene::{Scene, Shown, Spoken};

/// A value of a dimension.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fragment {
    /// There is none.
    Absent,
    /// Text.
    Text(String),
    /// The values of a header or a query parameter that is given more than once.
    Texts(Vec<String>),
    /// An address.
    Address(IpAddr),
    /// A port.
    Port(u16),
    /// The URI SANs of a certificate.
    UriSans(Vec<String>),
    /// `iss` and `sub` of a JWT.
    Token(String, String),
    /// A claim.
    Claim(Value),
    /// How long a certificate is still in force.
    Seconds(i64),
    /// A time.
    Instant(OffsetDateTime),
}

/// One value for each dimension that matters.
pub(super) type Fragments = BTreeMap<Dimension, Fragment>;

/// The time of requests whose certificate says when it ends, where no policy looks at the time.
const SOME_TIME: i64 = 1_767_225_600;
const JWT_NAMESPACE: &str = "envoy.filters.http.jwt_authn";

/// The request document that has these values.
pub(super) fn request(scene: Scene, fragments: &Fragments) -> Value {
    let mut draft = Draft::new(scene, fragments);
    for (dimension, fragment) in fragments {
        draft.set(dimension, fragment);
    }
    draft.finish()
}

struct Draft {
    scene: Scene,
    now: OffsetDateTime,
    top: Map<String, Value>,
    peer: Map<String, Value>,
    source: Map<String, Value>,
    destination: Map<String, Value>,
    headers: Vec<Value>,
    claims: Map<String, Value>,
    metadata: Map<String, Value>,
    path: Option<String>,
    query: Vec<String>,
}

impl Draft {
    fn new(scene: Scene, fragments: &Fragments) -> Self {
        let now = if let Some(Fragment::Instant(time)) = fragments.get(&Dimension::Time) {
            *time
        } else {
            OffsetDateTime::from_unix_timestamp(SOME_TIME).unwrap_or(OffsetDateTime::UNIX_EPOCH)
        };
        Self {
            scene,
            now,
            top: Map::new(),
            peer: Map::new(),
            source: Map::new(),
            destination: Map::new(),
            headers: Vec::new(),
            claims: Map::new(),
            metadata: Map::new(),
            path: None,
            query: Vec::new(),
        }
    }

    fn set(&mut self, dimension: &Dimension, fragment: &Fragment) {
        match dimension {
            Dimension::Peer => self.set_peer(fragment),
            Dimension::DnsSan => self.set_certificate("dnsSans", fragment),
            Dimension::IssuerKeyId => self.set_certificate("issuerKeyId", fragment),
            Dimension::RemainingSeconds => self.set_end(fragment),
            Dimension::Method => set_text(&mut self.top, "method", fragment),
            Dimension::Host => set_text(&mut self.top, "host", fragment),
            Dimension::Path => self.path = text(fragment).map(str::to_owned),
            Dimension::Query(name) => {
                let parameters = texts(fragment).into_iter();
                self.query
                    .extend(parameters.map(|value| format!("{}={}", escaped(name), escaped(value))));
            }
            Dimension::Header(name) => {
                let lines = texts(fragment).into_iter();
                self.headers.extend(lines.map(|value| json!([name, value])));
            }
            Dimension::Token => {
                if let Fragment::Token(issuer, subject) = fragment {
                    self.claims.insert("iss".to_owned(), json!(issuer));
                    self.claims.insert("sub".to_owned(), json!(subject));
                }
            }
            Dimension::Claim(name) => {
                if let Fragment::Claim(value) = fragment {
                    self.claims.insert(name.clone(), value.clone());
                }
            }
            Dimension::Port => {
                if let Fragment::Port(port) = fragment {
                    self.destination.insert("port".to_owned(), json!(port));
                }
            }
            Dimension::SourceIp => set_address(&mut self.source, "ip", fragment),
            Dimension::RemoteIp => set_address(&mut self.source, "remoteIp", fragment),
            Dimension::DestinationIp => set_address(&mut self.destination, "ip", fragment),
            Dimension::Sni => set_text(&mut self.top, "sni", fragment),
            Dimension::Metadata { namespace, key } => self.set_metadata(namespace, key, fragment),
            Dimension::Time => self.set_time(),
        }
    }

    fn set_peer(&mut self, fragment: &Fragment) {
        let Fragment::UriSans(sans) = fragment else {
            return;
        };
        match (self.scene.shown, sans.as_slice()) {
            (Shown::Plaintext, _) => {}
            (Shown::HandedOn, sans) => {
                self.peer.insert("filterState".to_owned(), json!(sans.join(",")));
            }
            (Shown::Certificate, [id]) => {
                self.peer.insert("spiffeId".to_owned(), json!(id));
            }
            (Shown::Certificate, sans) => {
                self.peer.insert("uriSans".to_owned(), json!(sans));
            }
        }
    }

    fn set_certificate(&mut self, field: &str, fragment: &Fragment) {
        if let Some(value) = text_or_list(fragment) {
            self.peer.insert(field.to_owned(), value);
        }
    }

    fn set_end(&mut self, fragment: &Fragment) {
        if let Fragment::Seconds(seconds) = fragment {
            let end = self.now.checked_add(time::Duration::seconds(*seconds));
            self.peer.insert(
                "notAfter".to_owned(),
                json!(end.map_or_else(String::new, written)),
            );
            self.set_time();
        }
    }

    fn set_metadata(&mut self, namespace: &str, key: &str, fragment: &Fragment) {
        let Some(value) = text_or_list(fragment) else {
            return;
        };
        let place = self.metadata.entry(namespace).or_insert_with(|| json!({}));
        if let Some(place) = place.as_object_mut() {
            place.insert(key.to_owned(), value);
        }
    }

    fn set_time(&mut self) {
        self.top.insert("time".to_owned(), json!(written(self.now)));
    }

    fn finish(mut self) -> Value {
        let mut request = Map::new();
        if !self.peer.is_empty() {
            request.insert("peer".to_owned(), Value::Object(self.peer));
        }
        match self.scene.spoken {
            Spoken::Tcp => {
                request.insert("protocol".to_owned(), json!("tcp"));
            }
            Spoken::Http => {
                let method = self.top.remove("method").unwrap_or_else(|| json!("GET"));
                request.insert("method".to_owned(), method);
                let path = self.path.unwrap_or_else(|| "/".to_owned());
                let mark = if self.query.is_empty() { "" } else { "?" };
                let path = format!("{path}{mark}{}", self.query.join("&"));
                request.insert("path".to_owned(), json!(path));
            }
        }
        request.append(&mut self.top);
        for (name, part) in [
            ("source", self.source),
            ("destination", self.destination),
            ("jwt", self.claims),
            ("metadata", self.metadata),
        ] {
            if !part.is_empty() {
                request.insert(name.to_owned(), Value::Object(part));
            }
        }
        if !self.headers.is_empty() {
            request.insert("headers".to_owned(), Value::Array(self.headers));
        }
        Value::Object(request)
    }
}

/// Whether values of this dimension would stand where the claims of a JWT do.
pub(super) fn is_jwt_metadata(namespace: &str) -> bool {
    namespace == JWT_NAMESPACE
}

fn text(fragment: &Fragment) -> Option<&str> {
    if let Fragment::Text(text) = fragment {
        Some(text)
    } else {
        None
    }
}

fn text_or_list(fragment: &Fragment) -> Option<Value> {
    if let Fragment::Texts(texts) = fragment {
        Some(json!(texts))
    } else {
        text(fragment).map(|text| json!(text))
    }
}

fn texts(fragment: &Fragment) -> Vec<&str> {
    if let Fragment::Texts(texts) = fragment {
        texts.iter().map(String::as_str).collect()
    } else {
        text(fragment).into_iter().collect()
    }
}

fn set_text(map: &mut Map<String, Value>, name: &str, fragment: &Fragment) {
    if let Some(text) = text(fragment) {
        map.insert(name.to_owned(), json!(text));
    }
}

fn set_address(map: &mut Map<String, Value>, name: &str, fragment: &Fragment) {
    if let Fragment::Address(address) = fragment {
        map.insert(name.to_owned(), json!(address.to_string()));
    }
}

fn written(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

/// Text as it stands in a query.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

impl fmt::Display for Fragment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("none"),
            Self::Text(text) => write!(formatter, "`{text}`"),
            Self::Texts(texts) => write!(formatter, "`{}`", texts.join("`, `")),
            Self::Address(address) => write!(formatter, "{address}"),
            Self::Port(port) => write!(formatter, "{port}"),
            Self::UriSans(sans) => match sans.as_slice() {
                [] => formatter.write_str("a certificate without a SPIFFE ID"),
                [id] => formatter.write_str(id),
                sans => write!(formatter, "a certificate with {} URI SANs", sans.len()),
            },
            Self::Token(issuer, subject) => write!(formatter, "{issuer}/{subject}"),
            Self::Claim(value) => write!(formatter, "{value}"),
            Self::Seconds(seconds) => write!(formatter, "{seconds} s"),
            Self::Instant(time) => formatter.write_str(&written(*time)),
        }
    }
}
