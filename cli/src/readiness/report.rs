//! [`Report`]: the verdict on every port, for both forms of the answer.

use serde::Serialize;
use spiffe_authz_analysis::observed::rfc3339;
use spiffe_authz_analysis::readiness::{
    Assessment, Criteria, Key, NotKnown, PeerTraffic, PlaintextPeer, Verdict, assess,
};
use time::{Duration, OffsetDateTime};

use crate::failure::Failure;
use crate::readiness::evidence::Evidence;

/// The verdict on every port. See `docs/cli/readiness.md` for the fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) now: String,
    quiet_for_seconds: i64,
    min_requests: u64,
    #[serde(rename = "ready")]
    pub(crate) is_ready: bool,
    unreadable_lines: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) denied_without_mtls: Option<u64>,
    pub(crate) ports: Vec<Port>,
}

/// One port.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Port {
    pub(crate) workload: String,
    pub(crate) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_strict: Option<bool>,
    pub(crate) verdict: &'static str,
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    safe_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logged: Option<Logged>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counted: Option<Counted>,
    pub(crate) plaintext_peers: Vec<Peer>,
}

/// What logs tell: requests and connections.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Logged {
    pub(crate) total: u64,
    pub(crate) mtls: u64,
    pub(crate) plaintext: u64,
    not_said: u64,
    first: Option<String>,
    last: Option<String>,
}

/// What the counters of the listener say: connections.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counted {
    pub(crate) connections: u64,
    pub(crate) mtls: u64,
    pub(crate) without_mtls: u64,
    failed_handshakes: u64,
}

/// A peer without a certificate.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Peer {
    pub(crate) address: String,
    pub(crate) admitted: u64,
    pub(crate) denied: u64,
    pub(crate) first: Option<String>,
    pub(crate) last: Option<String>,
    #[serde(rename = "blocks")]
    pub(crate) is_blocking: bool,
}

impl Report {
    pub(crate) fn new(evidence: &Evidence, criteria: &Criteria) -> Self {
        let ports: Vec<Port> = evidence
            .keys()
            .iter()
            .map(|key| Port::new(key, &evidence.of(key), criteria))
            .collect();
        let is_fine = |port: &Port| matches!(port.verdict, "safe" | "already-strict");
        Self {
            now: rfc3339(criteria.now),
            quiet_for_seconds: criteria.quiet_for.whole_seconds(),
            min_requests: criteria.min_requests,
            is_ready: !ports.is_empty() && ports.iter().all(is_fine),
            unreadable_lines: evidence.unreadable,
            denied_without_mtls: evidence
                .metrics
                .as_ref()
                .map(|metrics| metrics.denied_without_mtls),
            ports,
        }
    }

    pub(crate) fn to_json(&self) -> Result<String, Failure> {
        let json = serde_json::to_string_pretty(self);
        json.map(|json| format!("{json}\n"))
            .map_err(|error| Failure::Unwritable(error.into()))
    }
}

impl Port {
    fn new(key: &Key, assessment: &Assessment<'_>, criteria: &Criteria) -> Self {
        let verdict = assess(assessment, criteria);
        let is_strict = verdict == Verdict::AlreadyStrict;
        let peers = assessment
            .traffic
            .into_iter()
            .flat_map(|traffic| &traffic.plaintext_peers);
        let mut plaintext_peers: Vec<Peer> = peers
            .map(|(peer, traffic)| Peer::new(peer, traffic, !is_strict))
            .collect();
        // Those that block first, then the latest.
        plaintext_peers
            .sort_by(|one, other| (other.is_blocking, &other.last).cmp(&(one.is_blocking, &one.last)));
        Self {
            workload: key.workload.clone(),
            port: key.port,
            is_strict: assessment.is_strict,
            verdict: word(&verdict),
            reason: reason(
                &verdict,
                criteria,
                assessment.traffic.and_then(|traffic| traffic.last_plaintext()),
            ),
            safe_since: match verdict {
                Verdict::Safe { since, .. } => Some(rfc3339(since)),
                Verdict::AlreadyStrict | Verdict::Blocked { .. } | Verdict::NotKnown(_) => None,
            },
            logged: Logged::of(assessment),
            counted: Counted::of(assessment),
            plaintext_peers,
        }
    }
}

impl Logged {
    fn of(assessment: &Assessment<'_>) -> Option<Self> {
        assessment.traffic.map(|traffic| Self {
            total: traffic.total(),
            mtls: traffic.mtls,
            plaintext: traffic.plaintext,
            not_said: traffic.not_said,
            first: traffic.first.map(rfc3339),
            last: traffic.last.map(rfc3339),
        })
    }
}

impl Counted {
    fn of(assessment: &Assessment<'_>) -> Option<Self> {
        assessment.counters.map(|counters| Self {
            connections: counters.connections,
            mtls: counters.mtls(),
            without_mtls: counters.without_mtls(),
            failed_handshakes: counters.failed,
        })
    }
}

impl Peer {
    fn new(peer: &PlaintextPeer, traffic: &PeerTraffic, may_block: bool) -> Self {
        Self {
            address: peer.to_string(),
            admitted: traffic.admitted,
            denied: traffic.denied,
            first: traffic.first.map(rfc3339),
            last: traffic.last.map(rfc3339),
            is_blocking: may_block && traffic.recent > 0,
        }
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::AlreadyStrict => "already-strict",
        Verdict::Safe { .. } => "safe",
        Verdict::Blocked { .. } => "not-yet",
        Verdict::NotKnown(_) => "not-known",
    }
}

fn reason(verdict: &Verdict, criteria: &Criteria, last_plaintext: Option<OffsetDateTime>) -> String {
    match verdict {
        Verdict::AlreadyStrict => "STRICT already".to_owned(),
        Verdict::Safe { since, evidence } => {
            let last = last_plaintext.map_or("never".to_owned(), rfc3339);
            let since = rfc3339(*since);
            format!(
                "STRICT is safe since {since} ({evidence} with mTLS in the window, last plaintext {last})"
            )
        }
        Verdict::Blocked {
            count,
            last: Some(last),
        } => {
            let ago = span(criteria.age_of(*last));
            format!(
                "not yet: {count} without a certificate were admitted, the last {ago} ago ({})",
                rfc3339(*last)
            )
        }
        Verdict::Blocked { count, last: None } => {
            format!("not yet: {count} without a certificate; when is not said")
        }
        Verdict::NotKnown(why) => format!("not known: {}", unknown(*why, criteria)),
    }
}

fn unknown(why: NotKnown, criteria: &Criteria) -> String {
    match why {
        NotKnown::Nothing => "nothing was seen that can be placed in time".to_owned(),
        NotKnown::TooFew { seen } => format!(
            "{seen} with mTLS within {}, fewer than {} (`--min-requests`); audit lines alone do not count",
            span(criteria.quiet_for),
            criteria.min_requests
        ),
        NotKnown::TooShort { known } => {
            format!(
                "what was seen reaches back {}, less than {} (`--quiet-for`)",
                span(known),
                span(criteria.quiet_for)
            )
        }
        NotKnown::NotSaid { count } => {
            format!("{count} lines do not say whether there was TLS; the access log needs `tls_version`")
        }
        NotKnown::Unexplained { count } => {
            format!("the listener counted {count} connections without a certificate of which no log tells")
        }
    }
}

/// The largest units that say it: `3d`, `2h`, `5m`, `7s`.
fn span(duration: Duration) -> String {
    let (days, hours) = (duration.whole_days(), duration.whole_hours());
    let (minutes, seconds) = (duration.whole_minutes(), duration.whole_seconds());
    match (days, hours, minutes) {
        (2.., _, _) => format!("{days}d"),
        (_, 1.., _) => format!("{hours}h"),
        (_, _, 1..) => format!("{minutes}m"),
        (_, _, _) => format!("{seconds}s"),
    }
}
