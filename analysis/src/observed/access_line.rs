//! The line of the access log.

use serde::Deserialize;
use spiffe_authz_policy::Protocol;

use crate::observed::log_line::OtherLine;
use crate::observed::observation::{Effect, Observation, Origin, Transport, Verdict};
use crate::observed::{PeerAddress, SeenText, stamp};

/// The fields that are read, of a request and of a connection. Envoy writes null where there is nothing to say; of what
/// the filter says, an empty text as well.
#[derive(Deserialize)]
pub(super) struct AccessLine {
    direction: Direction,
    time: String,
    peer_uri_san: Option<String>,
    peer_fingerprint: Option<String>,
    /// `None` in logs of versions that did not write it.
    #[serde(default, deserialize_with = "written")]
    tls_version: Option<Option<String>>,
    peer_address: Option<String>,
    destination_port: Option<Number>,
    method: Option<String>,
    host: Option<String>,
    path: Option<String>,
    decision: Option<String>,
    cause: Option<String>,
    policy: Option<String>,
    rule: Option<Number>,
    response_code: Option<u16>,
    bytes_received: Option<u64>,
    handshake_failure: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Inbound,
    Outbound,
}

/// A number, which Envoy writes as text where it comes from filter state.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

/// A field that is there, null or not.
fn written<'d, D: serde::Deserializer<'d>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl AccessLine {
    /// The observation, or what else the line tells of.
    pub(super) fn observation(self) -> Result<Result<Observation, OtherLine>, String> {
        match (&self.direction, &self.handshake_failure) {
            (Direction::Outbound, _) => Ok(Err(OtherLine::Outbound)),
            (Direction::Inbound, Some(_)) => Ok(Err(OtherLine::FailedHandshake)),
            (Direction::Inbound, None) => self.inbound().map(Ok),
        }
    }

    fn inbound(self) -> Result<Observation, String> {
        let time = stamp::read(&self.time).ok_or_else(|| format!("`{}` is no time", self.time))?;
        Ok(Observation {
            origin: Origin::AccessLog,
            time: Some(time),
            workload_namespace: None,
            verdict: self.verdict()?,
            transport: self.transport(),
            destination_port: port(self.destination_port.as_ref())?,
            protocol: self.protocol()?,
            uri_sans: uri_sans(self.peer_uri_san.as_deref()),
            peer_address: self.peer_address.map(PeerAddress::read),
            method: self.method.map(SeenText::plain),
            host: self.host.map(SeenText::plain),
            path: self.path.map(SeenText::plain),
        })
    }

    fn verdict(&self) -> Result<Option<Verdict>, String> {
        let effect = match said(self.decision.as_deref()) {
            Some("allow") => Effect::Allow,
            Some("deny") => Effect::Deny,
            Some(other) => return Err(format!("`{other}` is no decision: it is `allow` or `deny`")),
            None => return Ok(None),
        };
        let cause = said(self.cause.as_deref()).ok_or("a decision without its cause")?;
        Ok(Some(Verdict {
            effect,
            cause: cause.to_owned(),
            policy: said(self.policy.as_deref()).map(str::to_owned),
            rule: number(self.rule.as_ref(), "rule")?,
        }))
    }

    fn transport(&self) -> Transport {
        let has_certificate = said(self.peer_fingerprint.as_deref())
            .or(said(self.peer_uri_san.as_deref()))
            .is_some();
        match &self.tls_version {
            _ if has_certificate => Transport::MutualTls,
            Some(Some(_)) => Transport::TlsWithoutCertificate,
            Some(None) => Transport::Plaintext,
            None => Transport::NotSaid,
        }
    }

    fn protocol(&self) -> Result<Protocol, String> {
        match (self.response_code, self.bytes_received) {
            (Some(_), _) => Ok(Protocol::Http),
            (None, Some(_)) => Ok(Protocol::Tcp),
            (None, None) => {
                Err("neither `response_code` of a request nor `bytes_received` of a connection".to_owned())
            }
        }
    }
}

/// What is said; null and an empty text say nothing.
fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Envoy joins the URI SANs by commas.
fn uri_sans(text: Option<&str>) -> Vec<SeenText> {
    let sans = said(text).into_iter().flat_map(|text| text.split(','));
    sans.map(|san| SeenText::plain(san.to_owned())).collect()
}

fn port(port: Option<&Number>) -> Result<Option<u16>, String> {
    number(port, "destination_port")
}

fn number<N: TryFrom<u64>>(number: Option<&Number>, field: &str) -> Result<Option<N>, String> {
    let value = match number {
        None => return Ok(None),
        Some(Number::Text(text)) if text.is_empty() => return Ok(None),
        Some(Number::Text(text)) => text
            .parse()
            .map_err(|_| format!("`{field}` is `{text}`, no number"))?,
        Some(Number::Number(number)) => *number,
    };
    N::try_from(value)
        .map(Some)
        .map_err(|_| format!("`{field}` is {value}, which is too large"))
}
