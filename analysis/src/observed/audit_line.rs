//! The audit line of the filter.

use serde::Deserialize;
use spiffe_authz_policy::Protocol;
use time::OffsetDateTime;

use crate::observed::{Effect, Observation, Origin, SeenText, Transport, Verdict};

/// The fields that are read. One that may be null has to be there: what has none of them is no audit line.
#[derive(Deserialize)]
pub(super) struct AuditLine {
    event: Event,
    decision: Effect,
    cause: String,
    policy: Option<String>,
    rule: Option<usize>,
    workload_namespace: Option<String>,
    peer: Option<String>,
    mtls: Option<bool>,
    method: Option<String>,
    host: Option<String>,
    path: Option<String>,
    destination_port: Option<u16>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Event {
    RequestDenied,
    RequestObserved,
    RequestAllowed,
    ConnectionDenied,
    ConnectionObserved,
    ConnectionAllowed,
}

impl AuditLine {
    /// The observation, with the time that the log has for the line.
    pub(super) fn observation(self, time: Option<OffsetDateTime>) -> Result<Observation, String> {
        Ok(Observation {
            origin: Origin::AuditLine,
            time,
            workload_namespace: self.workload_namespace,
            verdict: Some(Verdict {
                effect: self.decision,
                cause: self.cause,
                policy: self.policy,
                rule: self.rule,
            }),
            transport: match (self.mtls, &self.peer) {
                (Some(true), _) => Transport::MutualTls,
                (Some(false), None) => Transport::WithoutCertificate,
                // A listener in front handed the peer on: how it connected there is not said.
                (Some(false), Some(_)) | (None, _) => Transport::NotSaid,
            },
            uri_sans: escaped(self.peer)?.into_iter().collect(),
            peer_address: None,
            destination_port: self.destination_port,
            protocol: match self.event {
                Event::RequestDenied | Event::RequestObserved | Event::RequestAllowed => Protocol::Http,
                Event::ConnectionDenied | Event::ConnectionObserved | Event::ConnectionAllowed => {
                    Protocol::Tcp
                }
            },
            method: escaped(self.method)?,
            host: escaped(self.host)?,
            path: escaped(self.path)?,
        })
    }
}

fn escaped(text: Option<String>) -> Result<Option<SeenText>, String> {
    text.map(|text| SeenText::escaped(&text)).transpose()
}
