//! Requests out of what a proxy logged: lines of the access log, and audit lines.

use std::path::Path;

use spiffe_authz_analysis::observed::{
    Effect, Line, Observation, Origin, PeerAddress, SeenText, Transport, rfc3339,
};
use spiffe_authz_policy::{Document, Protocol};

use crate::request::document::{bytes, map_of, set, text};
use crate::request::file::{lines, read_bytes};
use crate::request::given::Given;
use crate::request::{Asked, Logged, RequestError};

/// Which log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    AccessLog,
    Audit,
}

impl Kind {
    fn flag(self) -> &'static str {
        match self {
            Self::AccessLog => "--access-log",
            Self::Audit => "--audit",
        }
    }

    fn line(self) -> &'static str {
        match self {
            Self::AccessLog => "line of the access log",
            Self::Audit => "audit line",
        }
    }

    fn of(origin: Origin) -> Self {
        match origin {
            Origin::AccessLog => Self::AccessLog,
            Origin::AuditLine => Self::Audit,
        }
    }
}

/// Every request of a log, which is a line or names a file. Lines on something else are passed over.
pub(super) fn read(kind: Kind, log: &str, given: &Given) -> Result<Vec<Asked>, RequestError> {
    let is_line = log.trim_ascii_start().starts_with(['{', '[']);
    let (name, contents) = match is_line {
        true => (kind.flag(), log.as_bytes().to_vec()),
        false => (log, read_bytes(Path::new(log))?),
    };
    let mut asked = Vec::new();
    for (number, line) in lines(&contents) {
        let origin = match is_line {
            true => name.to_owned(),
            false => format!("{name} line {number}"),
        };
        asked.extend(request(kind, line, origin, given)?);
    }
    if asked.is_empty() {
        let (origin, what) = (name.to_owned(), kind.line());
        return Err(RequestError::Empty { origin, what });
    }
    Ok(asked)
}

fn request(kind: Kind, line: &[u8], origin: String, given: &Given) -> Result<Option<Asked>, RequestError> {
    let line = Line::read(line).map_err(|error| RequestError::Line {
        origin: origin.clone(),
        error,
    })?;
    let Some(observation) = line.observation() else {
        return Ok(None);
    };
    let found = Kind::of(observation.origin);
    if found != kind {
        return Err(RequestError::OtherLog {
            origin,
            expected: kind.line(),
            flag: found.flag(),
        });
    }
    let document = document(&observation, given).map_err(|reason| RequestError::Incomplete {
        origin: origin.clone(),
        reason,
    })?;
    let notes = missing(&observation, given).into_iter().collect();
    let asked = given.complete(document, Some(origin), notes, logged(&observation))?;
    Ok(Some(asked))
}

fn logged(observation: &Observation) -> Option<Logged> {
    let verdict = observation.verdict.as_ref()?;
    Some(Logged {
        decision: match verdict.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        },
        cause: verdict.cause.clone(),
        policy: verdict.policy.clone(),
    })
}

/// What the line says, as a request document.
fn document(observation: &Observation, given: &Given) -> Result<Document, String> {
    let mut document = Document::Map(Vec::new());
    let mut say = |path: &[&str], value: Option<Document>| {
        if let Some(value) = value {
            set(&mut document, path, value);
        }
    };
    if !given.has("peer") {
        say(&["peer"], peer(observation)?);
    }
    say(&["time"], observation.time.map(|time| text(rfc3339(time))));
    say(
        &["destination", "port"],
        observation
            .destination_port
            .map(|port| Document::Number(port.to_string())),
    );
    say(&["source", "ip"], address(observation.peer_address.as_ref()));
    match observation.protocol {
        Protocol::Tcp => say(&["protocol"], Some(text("tcp"))),
        Protocol::Http => {
            say(
                &["method"],
                seen("method", observation.method.as_ref(), given)?.map(|seen| lossy(&seen)),
            );
            say(
                &["host"],
                seen("host", observation.host.as_ref(), given)?.map(|seen| bytes(&seen)),
            );
            say(
                &["path"],
                seen("path", observation.path.as_ref(), given)?.map(|seen| bytes(&seen)),
            );
        }
    }
    Ok(document)
}

/// A method is a token of ASCII: of one that is not the proxy has no request.
fn lossy(bytes: &[u8]) -> Document {
    text(String::from_utf8_lossy(bytes))
}

/// What the peer wrote, unless a flag says it. A beginning alone is not enough: it may be allowed where the whole is not.
fn seen(field: &str, seen: Option<&SeenText>, given: &Given) -> Result<Option<Vec<u8>>, String> {
    match seen {
        None => Ok(None),
        Some(_) if given.has(field) => Ok(None),
        Some(seen) => whole(field, seen).map(Some),
    }
}

fn whole(field: &str, seen: &SeenText) -> Result<Vec<u8>, String> {
    let whole = seen.whole().map(<[u8]>::to_vec);
    whole.ok_or_else(|| format!("the log has only the first 2048 bytes of the {field}: say it by a flag"))
}

fn address(address: Option<&PeerAddress>) -> Option<Document> {
    match address? {
        PeerAddress::Ip(ip) => Some(text(ip.to_string())),
        PeerAddress::Other(_) => None,
    }
}

/// A certificate by its URI SANs, what a listener in front handed on, or nothing.
fn peer(observation: &Observation) -> Result<Option<Document>, String> {
    let sans: Result<Vec<String>, String> = observation.uri_sans.iter().map(uri_san).collect();
    let sans = sans?;
    Ok(match (observation.transport, sans.is_empty()) {
        (Transport::MutualTls, _) | (Transport::NotSaid, false) => {
            let sans = sans.into_iter().map(text).collect();
            Some(map_of("uriSans", Document::List(sans)))
        }
        (Transport::TlsWithoutCertificate | Transport::Plaintext | Transport::WithoutCertificate, false) => {
            Some(map_of("filterState", text(sans.join(","))))
        }
        (
            Transport::TlsWithoutCertificate
            | Transport::Plaintext
            | Transport::WithoutCertificate
            | Transport::NotSaid,
            true,
        ) => None,
    })
}

fn uri_san(seen: &SeenText) -> Result<String, String> {
    String::from_utf8(whole("URI SAN", seen)?)
        .map_err(|_| "the URI SAN of the peer is no text: say the peer by `--peer` or `--cert`".to_owned())
}

/// What no line of this log says, by the field of a request document, and the flag that says it.
type Field = (&'static str, &'static str, &'static str);

const OF_REQUESTS: [Field; 2] = [("headers", "headers", "--header"), ("jwt", "token", "--jwt")];
const OF_ALL: [Field; 4] = [
    ("sni", "SNI", "--sni"),
    ("metadata", "dynamic metadata", "--metadata"),
    ("source.remoteIp", "remote address", "--remote-ip"),
    ("destination.ip", "local address", "--destination-ip"),
];

/// What the line leaves open, if flags do not say it.
fn missing(observation: &Observation, given: &Given) -> Option<String> {
    let mut fields: Vec<Field> = match observation.protocol {
        Protocol::Http => OF_REQUESTS.into_iter().chain(OF_ALL).collect(),
        Protocol::Tcp => OF_ALL.to_vec(),
    };
    if observation.peer_address.is_none() {
        fields.push(("source.ip", "direct address", "--source-ip"));
    }
    if observation.destination_port.is_none() {
        fields.push(("destination.port", "port", "--port"));
    }
    match (observation.origin, observation.protocol) {
        (Origin::AuditLine, Protocol::Http) => fields.push(("path", "query", "--path")),
        (Origin::AuditLine, Protocol::Tcp) | (Origin::AccessLog, _) => {}
    }
    fields.extend(missing_of_peer(observation));
    fields.retain(|(field, _, _)| !given.has(field));
    if fields.is_empty() {
        return None;
    }
    let named: Vec<String> = fields
        .iter()
        .map(|(_, name, flag)| format!("{name} ({flag})"))
        .collect();
    Some(format!(
        "the log does not say: {}; rules on them were judged as if the request had none",
        named.join(", ")
    ))
}

fn missing_of_peer(observation: &Observation) -> Option<Field> {
    match (observation.transport, observation.uri_sans.is_empty()) {
        (Transport::MutualTls, _) | (Transport::NotSaid, false) => {
            Some(("peer", "certificate but for its URI SANs", "--cert"))
        }
        (Transport::NotSaid, true) => Some(("peer", "peer", "--peer")),
        (Transport::TlsWithoutCertificate | Transport::Plaintext | Transport::WithoutCertificate, _) => None,
    }
}
