//! What mutual TLS itself costs, and beside it what the filter does.

use std::sync::Arc;

use rustls::HandshakeKind;
use serde_json::{Value, json};

use crate::documents::Distribution;
use crate::envoy::client::Door;
use crate::envoy::contestant::{Contestant, Modules};
use crate::envoy::http_version::HttpVersion;
use crate::envoy::identities::Sessions;
use crate::envoy::listener::Listener;
use crate::envoy::load::{Load, Reuse};
use crate::envoy::results::microseconds;
use crate::envoy::rounds::{Effort, rounds};
use crate::envoy::rule_set::{Aim, RuleSet};
use crate::envoy::site::{Ground, Site};
use crate::envoy::summary::Summary;
use crate::envoy::transport::Transport;
use crate::figures::ratio;
use crate::table::Table;

/// One way to carry a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Way {
    /// The transport.
    pub transport: Transport,
    /// How many requests a connection carries.
    pub reuse: Reuse,
    /// The filters.
    pub filters: Contestant,
}

/// What each way costs, over HTTP/1.1.
#[derive(Clone, Debug)]
pub struct Ways(pub Vec<(Way, Summary)>);

/// A kept connection has one session, so that resumption is nothing to it. The filter takes no peer from a resumed
/// session, since Envoy has not checked its certificate again: it stands behind whole handshakes alone.
const FILTER: Contestant = Contestant::Ours(RuleSet {
    distribution: Distribution::Principals,
    rules: 1_000,
});

/// All ways, those of kept connections first; the first of each kind is plaintext.
#[must_use]
pub fn all() -> Vec<Way> {
    let way = |reuse, transport, filters| Way {
        transport,
        reuse,
        filters,
    };
    let (plain, no_op) = (Contestant::NoFilter, Contestant::SdkNoOp);
    vec![
        way(Reuse::KeepAlive, Transport::Plaintext, plain),
        way(Reuse::KeepAlive, Transport::Tls(Sessions::New), plain),
        way(Reuse::KeepAlive, Transport::MutualTls(Sessions::New), plain),
        way(Reuse::KeepAlive, Transport::MutualTls(Sessions::New), no_op),
        way(Reuse::KeepAlive, Transport::MutualTls(Sessions::New), FILTER),
        way(Reuse::Never, Transport::Plaintext, plain),
        way(Reuse::Never, Transport::Tls(Sessions::New), plain),
        way(Reuse::Never, Transport::Tls(Sessions::Resumed), plain),
        way(Reuse::Never, Transport::MutualTls(Sessions::New), plain),
        way(Reuse::Never, Transport::MutualTls(Sessions::Resumed), plain),
        way(Reuse::Never, Transport::MutualTls(Sessions::New), no_op),
        way(Reuse::Never, Transport::MutualTls(Sessions::New), FILTER),
    ]
}

/// Measures all ways.
///
/// # Errors
/// When Envoy does not serve, a request is not answered with 200, or a session is not resumed that should be.
pub async fn ways(effort: Effort) -> Result<Ways, String> {
    let ground = Ground::new()?;
    let modules = Modules::find(&ground)?;
    let listener = |way: &Way| {
        Ok(Listener {
            name: way.name(),
            transport: way.transport,
            http_filters: way.filters.http_filters(&modules)?,
        })
    };
    let listeners: Vec<Listener> = all().iter().map(listener).collect::<Result<_, String>>()?;
    let site = ground.start(&listeners, &[]).await?;
    let mut loads = Vec::new();
    for way in all() {
        loads.push(load(&ground, &site, way).await?);
    }
    let slices = rounds(&site.process, &mut loads, effort).await?;
    let summaries = slices.iter().map(|slices| Summary::new(slices));
    Ok(Ways(all().into_iter().zip(summaries).collect()))
}

/// The load of a way, once a request was answered and the second handshake is of the kind that it must be.
async fn load(ground: &Ground, site: &Site, way: Way) -> Result<Load, String> {
    let visit = way.filters.visits(Aim::Last)?.remove(0);
    let (peer, sessions) = match way.transport {
        Transport::Plaintext => (None, None),
        Transport::Tls(sessions) => (None, Some(sessions)),
        Transport::MutualTls(sessions) => (Some(visit.peer.as_str()), Some(sessions)),
    };
    let tls = sessions.map(|sessions| ground.identities.client(peer, HttpVersion::Http1, sessions));
    let door = Door {
        address: site.address(&way.name())?,
        tls: tls.transpose()?.map(Arc::new),
        version: HttpVersion::Http1,
    };
    let mut load = Load::new(way.reuse, [(door.clone(), visit.question)]);
    load.check(200).await?;
    let expected = sessions.map(handshake);
    let found = door.open().await?.handshake;
    if found != expected {
        return Err(format!("{}: {found:?} and not {expected:?}", way.name()));
    }
    Ok(load)
}

fn handshake(sessions: Sessions) -> HandshakeKind {
    match sessions {
        Sessions::New => HandshakeKind::Full,
        Sessions::Resumed => HandshakeKind::Resumed,
    }
}

impl Way {
    /// The name in tables.
    #[must_use]
    pub fn name(&self) -> String {
        let reuse = match self.reuse {
            Reuse::KeepAlive => "keep-alive",
            Reuse::Never => "a connection each",
        };
        let transport = match self.transport {
            Transport::Plaintext => "plaintext",
            Transport::Tls(Sessions::New) => "TLS",
            Transport::Tls(Sessions::Resumed) => "TLS resumed",
            Transport::MutualTls(Sessions::New) => "mTLS",
            Transport::MutualTls(Sessions::Resumed) => "mTLS resumed",
        };
        let behind = match self.filters {
            Contestant::NoFilter => "",
            Contestant::SdkNoOp => " and a no-op",
            Contestant::Ours(_) => " and the filter",
            Contestant::SmallestNoOp
            | Contestant::OursWithoutInterlock(_)
            | Contestant::NativeRbac(_)
            | Contestant::ExtAuthz => " and another filter",
        };
        format!("{reuse}, {transport}{behind}")
    }
}

impl Ways {
    /// The table; ratios are to plaintext over connections that are used alike.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new([
            "HTTP/1.1",
            "CPU µs",
            "× plaintext",
            "p50 µs",
            "× plaintext",
            "p99 µs",
        ]);
        for (way, summary) in &self.0 {
            let Some(plain) = self.plaintext(way.reuse) else {
                continue;
            };
            table.row([
                way.name(),
                microseconds(summary.cpu),
                ratio(summary.cpu / plain.cpu),
                microseconds(summary.p50),
                ratio(summary.p50 / plain.p50),
                microseconds(summary.p99),
            ]);
        }
        table
    }

    /// All figures.
    #[must_use]
    pub fn json(&self) -> Value {
        let row = |(way, summary): &(Way, Summary)| {
            json!({
                "way": way.name(),
                "cpuMicroseconds": summary.cpu,
                "p50Microseconds": summary.p50,
                "p99Microseconds": summary.p99,
                "requests": summary.requests,
            })
        };
        self.0.iter().map(row).collect()
    }

    fn plaintext(&self, reuse: Reuse) -> Option<&Summary> {
        let is_plain = |way: &Way| way.transport == Transport::Plaintext && way.reuse == reuse;
        self.0
            .iter()
            .find(|(way, _)| is_plain(way))
            .map(|(_, summary)| summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_name_of_its_own() {
        let mut names: Vec<String> = all().iter().map(Way::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn no_way_with_the_filter_resumes_sessions() {
        let with_filter = all().into_iter().filter(|way| way.filters == FILTER);
        for way in with_filter {
            assert_eq!(way.transport, Transport::MutualTls(Sessions::New));
        }
    }
}
