//! [`contest`]: filters against each other, on one Envoy.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::documents::Distribution;
use crate::envoy::client::Door;
use crate::envoy::contestant::{Contestant, Modules};
use crate::envoy::ext_authz::AllowAll;
use crate::envoy::http_version::HttpVersion;
use crate::envoy::identities::{Identities, Sessions};
use crate::envoy::listener::Listener;
use crate::envoy::load::{Load, Reuse};
use crate::envoy::results::{Entry, Results};
use crate::envoy::rounds::{Effort, rounds};
use crate::envoy::rule_set::{Aim, RuleSet, Visit};
use crate::envoy::site::{Ground, Site};
use crate::envoy::summary::Summary;
use crate::envoy::transport::Transport;

/// The numbers of rules of our filter.
pub const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
/// Those of native RBAC.
pub const NATIVE_SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// The number of rules at which more than one kind is shown.
pub const MIDDLE: usize = 1_000;
const DENIED: u16 = 403;
const ALLOWED: u16 = 200;

/// Measures all entries with at most so many rules.
///
/// # Errors
/// When Envoy does not serve, or a request is not answered as it must be.
pub async fn contest(effort: Effort, at_most: usize) -> Result<Results, String> {
    let ground = Ground::new()?;
    let authorizer = AllowAll::start()?;
    let contestants = contestants(at_most);
    let site = start(&ground, &authorizer, &contestants).await?;
    let entries = entries(&contestants);
    let mut clients = Clients::new(&ground.identities);
    let mut loads = Vec::new();
    for entry in &entries {
        loads.push(load(&site, &mut clients, *entry).await?);
    }
    let slices = rounds(&site.process, &mut loads, effort).await?;
    let summaries = slices.iter().map(|slices| Summary::new(slices));
    let results = Results(entries.into_iter().zip(summaries).collect());
    confirm(&results, authorizer.checks())?;
    Ok(results)
}

/// Fails where requests passed the filter of the authorizer without a question to it.
fn confirm(results: &Results, checks: u64) -> Result<(), String> {
    let asked = results
        .0
        .iter()
        .filter(|(entry, _)| entry.contestant == Contestant::ExtAuthz);
    let requests: u64 = asked.map(|(_, summary)| summary.requests).sum();
    if checks < requests {
        return Err(format!(
            "{requests} requests and only {checks} questions to the authorizer"
        ));
    }
    Ok(())
}

/// The contestants with at most so many rules, each with a listener of its own.
fn contestants(at_most: usize) -> Vec<Contestant> {
    let principals = |rules| RuleSet {
        distribution: Distribution::Principals,
        rules,
    };
    let others = [Distribution::Paths, Distribution::Hosts].map(|distribution| RuleSet {
        distribution,
        rules: MIDDLE,
    });
    let mut all = vec![
        Contestant::NoFilter,
        Contestant::SmallestNoOp,
        Contestant::SdkNoOp,
    ];
    all.extend(SIZES.map(|rules| Contestant::Ours(principals(rules))));
    all.extend([10, MIDDLE].map(|rules| Contestant::OursWithoutInterlock(principals(rules))));
    all.extend(others.map(Contestant::Ours));
    all.extend(NATIVE_SIZES.map(|rules| Contestant::NativeRbac(principals(rules))));
    all.extend(others.map(Contestant::NativeRbac));
    all.push(Contestant::ExtAuthz);
    all.retain(|contestant| contestant.rule_set().is_none_or(|set| set.rules <= at_most));
    all
}

/// The last rule everywhere, and at the largest sizes the mean over the set beside it.
fn entries(contestants: &[Contestant]) -> Vec<Entry> {
    let aims = |contestant: Contestant| match contestant.rule_set() {
        Some(set) if set.rules >= 10_000 => vec![Aim::Last, Aim::Spread],
        _ => vec![Aim::Last],
    };
    let of = |version| {
        contestants.iter().flat_map(move |contestant| {
            aims(*contestant).into_iter().map(move |aim| Entry {
                contestant: *contestant,
                aim,
                version,
            })
        })
    };
    HttpVersion::ALL.into_iter().flat_map(of).collect()
}

async fn start(ground: &Ground, authorizer: &AllowAll, contestants: &[Contestant]) -> Result<Site, String> {
    let modules = Modules::find(ground)?;
    let listener = |contestant: &Contestant| {
        Ok(Listener {
            name: contestant.listener(),
            transport: Transport::MutualTls(Sessions::New),
            http_filters: contestant.http_filters(&modules)?,
        })
    };
    let listeners: Vec<Listener> = contestants.iter().map(listener).collect::<Result<_, String>>()?;
    ground.start(&listeners, &[authorizer.cluster()]).await
}

/// The load of an entry, once what must be denied was denied and everything else answered.
async fn load(site: &Site, clients: &mut Clients<'_>, entry: Entry) -> Result<Load, String> {
    let address = site.address(&entry.contestant.listener())?;
    let mut load = |visits: Vec<Visit>| -> Result<Load, String> {
        let mut questions = Vec::new();
        for visit in visits {
            let door = Door {
                address,
                tls: Some(clients.client(&visit.peer, entry.version)?),
                version: entry.version,
            };
            questions.push((door, visit.question));
        }
        Ok(Load::new(Reuse::KeepAlive, questions))
    };
    let which = |error: String| format!("{}: {error}", entry.contestant.listener());
    if let Some(denied) = entry.contestant.denied()? {
        load(vec![denied])?.check(DENIED).await.map_err(which)?;
    }
    let mut allowed = load(entry.contestant.visits(entry.aim)?)?;
    allowed.check(ALLOWED).await.map_err(which)?;
    allowed.turns = turns(entry.contestant);
    Ok(allowed)
}

/// What the smallest differences are made of is measured more often.
fn turns(contestant: Contestant) -> usize {
    match contestant {
        Contestant::NoFilter | Contestant::SdkNoOp => 4,
        Contestant::Ours(set) if [10, 100_000].contains(&set.rules) => 2,
        Contestant::SmallestNoOp
        | Contestant::Ours(_)
        | Contestant::OursWithoutInterlock(_)
        | Contestant::NativeRbac(_)
        | Contestant::ExtAuthz => 1,
    }
}

/// Each identity has one SVID.
struct Clients<'a> {
    identities: &'a Identities,
    made: HashMap<(String, HttpVersion), Arc<ClientConfig>>,
}

impl<'a> Clients<'a> {
    fn new(identities: &'a Identities) -> Self {
        Self {
            identities,
            made: HashMap::new(),
        }
    }

    fn client(&mut self, peer: &str, version: HttpVersion) -> Result<Arc<ClientConfig>, String> {
        let key = (peer.to_owned(), version);
        if let Some(made) = self.made.get(&key) {
            return Ok(Arc::clone(made));
        }
        let config = Arc::new(self.identities.client(Some(peer), version, Sessions::New)?);
        self.made.insert(key, Arc::clone(&config));
        Ok(config)
    }
}
