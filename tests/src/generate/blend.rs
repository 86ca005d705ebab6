//! [`Blend`]: one request put together from several, and some of it unreadable.
//!
//! To write a request down and read it costs much more than to judge it; from a few documents come as many requests as are
//! asked for, and each attribute still aims at some rule.

use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, Peer, Request, Validation};

use super::dice::Dice;

/// What is taken from one document or from another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Protocol,
    Peer,
    SourceIp,
    RemoteIp,
    DestinationIp,
    DestinationPort,
    Sni,
    Method,
    Host,
    Path,
    Headers,
    Metadata,
    Time,
}

impl Part {
    const ALL: [Self; 13] = [
        Self::Protocol,
        Self::Peer,
        Self::SourceIp,
        Self::RemoteIp,
        Self::DestinationIp,
        Self::DestinationPort,
        Self::Sni,
        Self::Method,
        Self::Host,
        Self::Path,
        Self::Headers,
        Self::Metadata,
        Self::Time,
    ];

    /// Only an HTTP request has it, or reads it from where one has it.
    fn is_of_http(self) -> bool {
        match self {
            Self::Method | Self::Host | Self::Path | Self::Headers | Self::Metadata => true,
            Self::Protocol
            | Self::Peer
            | Self::SourceIp
            | Self::RemoteIp
            | Self::DestinationIp
            | Self::DestinationPort
            | Self::Sni
            | Self::Time => false,
        }
    }

    /// Where it stands in a document.
    fn places(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Protocol => &[("protocol", "")],
            Self::Peer => &[("peer", "")],
            Self::SourceIp => &[("source", "ip")],
            Self::RemoteIp => &[("source", "remoteIp")],
            Self::DestinationIp => &[("destination", "ip")],
            Self::DestinationPort => &[("destination", "port")],
            Self::Sni => &[("sni", "")],
            Self::Method => &[("method", "")],
            Self::Host => &[("host", "")],
            Self::Path => &[("path", "")],
            Self::Headers => &[("headers", "")],
            Self::Metadata => &[("jwt", ""), ("metadata", "")],
            Self::Time => &[("time", "")],
        }
    }
}

/// What a host may fail to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Hidden {
    Peer,
    Validation,
    Leaf,
    SourceIp,
    RemoteIp,
    DestinationIp,
    DestinationPort,
    Sni,
    Method,
    Host,
    Path,
    Headers,
    Metadata,
    Time,
}

impl Hidden {
    const ALL: [(Self, &'static str); 14] = [
        (Self::Peer, "peer"),
        (Self::Validation, "validation"),
        (Self::Leaf, "leaf"),
        (Self::SourceIp, "source.ip"),
        (Self::RemoteIp, "source.remoteIp"),
        (Self::DestinationIp, "destination.ip"),
        (Self::DestinationPort, "destination.port"),
        (Self::Sni, "sni"),
        (Self::Method, "method"),
        (Self::Host, "host"),
        (Self::Path, "path"),
        (Self::Headers, "headers"),
        (Self::Metadata, "metadata"),
        (Self::Time, "time"),
    ];

    fn hide(self, request: &mut Request<'_>) {
        match self {
            Self::Peer => request.peer = Peer::Unreadable,
            Self::Validation => {
                if let Peer::Certificate(certificate) = &mut request.peer {
                    certificate.validation = Validation::Unreadable;
                }
            }
            Self::Leaf => {
                if let Peer::Certificate(certificate) = &mut request.peer {
                    certificate.leaf = Attribute::Unreadable;
                }
            }
            Self::SourceIp => request.source_ip = Attribute::Unreadable,
            Self::RemoteIp => request.remote_ip = Attribute::Unreadable,
            Self::DestinationIp => request.destination_ip = Attribute::Unreadable,
            Self::DestinationPort => request.destination_port = Attribute::Unreadable,
            Self::Sni => request.sni = Attribute::Unreadable,
            Self::Method => request.method = Attribute::Unreadable,
            Self::Host => request.host = Attribute::Unreadable,
            Self::Path => request.path = Attribute::Unreadable,
            Self::Headers => request.headers = Attribute::Unreadable,
            Self::Metadata => request.metadata = Attribute::Unreadable,
            Self::Time => request.time = Attribute::Unreadable,
        }
    }
}

/// Of which document each part is, and what of it is hidden.
#[derive(Clone, Debug)]
pub struct Blend {
    documents: [usize; Part::ALL.len()],
    hidden: Vec<usize>,
}

impl Blend {
    /// Half of the blends are one document as it stands; a third of all hide something.
    pub(super) fn roll(dice: &mut Dice, documents: &[Value]) -> Self {
        let base = dice.below(documents.len());
        let other_parts = [0, 0, 1, 2, 4][dice.below(5)];
        let mut of = [base; Part::ALL.len()];
        for _ in 0..other_parts {
            let part = 1 + dice.below(Part::ALL.len() - 1);
            let is_tcp = documents[base]["protocol"] == "tcp";
            if !(is_tcp && Part::ALL[part].is_of_http()) {
                of[part] = dice.below(documents.len());
            }
        }
        let count = dice.weighted(&[8, 3, 1]);
        let hidden = (0..count).map(|_| dice.below(Hidden::ALL.len())).collect();
        Self {
            documents: of,
            hidden,
        }
    }

    /// The request, from the requests that the documents make.
    #[must_use]
    pub fn request<'r>(&self, requests: &[Request<'r>]) -> Request<'r> {
        let of = |part: Part| {
            let place = Part::ALL.iter().position(|other| *other == part);
            &requests[self.documents[place.unwrap_or_default()]]
        };
        let mut request = Request {
            protocol: of(Part::Protocol).protocol,
            peer: of(Part::Peer).peer,
            source_ip: of(Part::SourceIp).source_ip,
            remote_ip: of(Part::RemoteIp).remote_ip,
            destination_ip: of(Part::DestinationIp).destination_ip,
            destination_port: of(Part::DestinationPort).destination_port,
            sni: of(Part::Sni).sni,
            method: of(Part::Method).method,
            host: of(Part::Host).host,
            path: of(Part::Path).path,
            headers: of(Part::Headers).headers,
            metadata: of(Part::Metadata).metadata,
            time: of(Part::Time).time,
        };
        self.hidden
            .iter()
            .for_each(|hidden| Hidden::ALL[*hidden].0.hide(&mut request));
        request
    }

    /// The same as a document; `unreadable` lists what is hidden.
    #[must_use]
    pub fn document(&self, documents: &[Value]) -> Value {
        let mut blended = json!({});
        for (part, document) in Part::ALL.iter().zip(self.documents) {
            for (field, of) in part.places() {
                copy(&documents[document], &mut blended, field, of);
            }
        }
        let hidden = self.hidden.iter().map(|hidden| Hidden::ALL[*hidden].1);
        blended[UNREADABLE] = hidden.collect();
        blended
    }
}

fn copy(from: &Value, into: &mut Value, field: &str, of: &str) {
    if of.is_empty() && !from[field].is_null() {
        into[field] = from[field].clone();
    } else if !of.is_empty() && !from[field][of].is_null() {
        into[field][of] = from[field][of].clone();
    }
}

const UNREADABLE: &str = "unreadable";

/// Takes out of a document what is hidden in it, so that it is one that [`spiffe_authz_policy::RequestDocument`] reads.
#[must_use]
pub fn hidden_in(document: &mut Value) -> Vec<Value> {
    let hidden = document
        .as_object_mut()
        .and_then(|fields| fields.remove(UNREADABLE));
    match hidden {
        Some(Value::Array(names)) => names,
        _ => Vec::new(),
    }
}

/// Hides what a list of names says.
pub fn hide(request: &mut Request<'_>, names: &[Value]) {
    for (hidden, name) in Hidden::ALL {
        if names.iter().any(|hidden| hidden == name) {
            hidden.hide(request);
        }
    }
}
