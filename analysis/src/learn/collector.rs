//! [`Collector`]: what may be learned from, out of everything that was seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use spiffe_authz_policy::{Attribute, ConfigErrors, PolicySet, Protocol, Request, SpiffeId};
use time::OffsetDateTime;

use crate::learn::{Access, LearnOptions, LearnedPeer, NotLearned, Operation, Refusals};
use crate::observed::{Effect, Observation, PeerAddress, SeenText};

/// How many distinct accesses are kept: memory is bounded by it.
const MOST: usize = 1_000_000;

/// The methods that are admitted without being asked for.
const USUAL_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A line of a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The name of the log.
    pub log: Arc<str>,
    /// The line, from 1.
    pub line: u64,
}

/// How often an access was seen, and when.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// How often.
    pub count: u64,
    /// Where it was seen first.
    pub place: Place,
    /// The earliest time that a line has for it.
    pub first: Option<OffsetDateTime>,
    /// The latest.
    pub last: Option<OffsetDateTime>,
}

/// More distinct accesses than are kept.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "more than {MOST} distinct combinations of peer, port, method and path; learn from one workload's log at a time"
)]
pub struct TooMany;

/// What may be learned from.
#[derive(Debug)]
pub struct Collector<'o> {
    options: &'o LearnOptions,
    /// The namespace that is learned for; `None` takes each that a line names.
    namespace: Option<&'o str>,
    /// Judges whether a path is ambiguous, as profile zero-trust does.
    paths: PolicySet,
    seen: BTreeMap<String, BTreeMap<Access, Sighting>>,
    distinct: usize,
    refusals: Refusals,
}

impl<'o> Collector<'o> {
    /// An empty one.
    ///
    /// # Errors
    /// Never: the configuration that paths are judged by is a constant.
    pub fn new(options: &'o LearnOptions, namespace: Option<&'o str>) -> Result<Self, ConfigErrors> {
        let paths = PolicySet::from_plugin_configuration(
            br#"{"workload": {"namespace": "any"}, "resources": []}"#,
            None,
        )?;
        Ok(Self {
            options,
            namespace,
            paths,
            seen: BTreeMap::new(),
            distinct: 0,
            refusals: Refusals::default(),
        })
    }

    /// Takes one observation in.
    ///
    /// # Errors
    /// When there are too many distinct ones.
    pub fn add(&mut self, observation: &Observation, place: &Place) -> Result<(), TooMany> {
        let found = self
            .workload(observation)
            .and_then(|namespace| Ok((namespace, self.access(observation)?)));
        match found {
            Ok((namespace, access)) => self.keep(namespace, access, observation.time, place),
            Err(reason) => {
                self.refusals.add(reason, place, || describe(observation));
                Ok(())
            }
        }
    }

    /// What was seen, by the namespace of the workload.
    #[must_use]
    pub fn seen(&self) -> &BTreeMap<String, BTreeMap<Access, Sighting>> {
        &self.seen
    }

    /// What was not learned from.
    #[must_use]
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    fn keep(
        &mut self,
        namespace: String,
        access: Access,
        time: Option<OffsetDateTime>,
        place: &Place,
    ) -> Result<(), TooMany> {
        let accesses = self.seen.entry(namespace).or_default();
        if let Some(sighting) = accesses.get_mut(&access) {
            sighting.add(time);
            return Ok(());
        }
        if self.distinct == MOST {
            return Err(TooMany);
        }
        self.distinct = self.distinct.saturating_add(1);
        accesses.insert(access, Sighting::first(place.clone(), time));
        Ok(())
    }

    fn workload(&self, observation: &Observation) -> Result<String, NotLearned> {
        match (self.namespace, observation.workload_namespace.as_deref()) {
            (None, None) => Err(NotLearned::NoWorkload),
            (Some(wanted), Some(named)) if wanted != named => Err(NotLearned::AnotherWorkload),
            (Some(namespace), _) | (None, Some(namespace)) => Ok(namespace.to_owned()),
        }
    }

    fn access(&self, observation: &Observation) -> Result<Access, NotLearned> {
        self.check_verdict(observation)?;
        let peer = self.peer(observation)?;
        let operation = match (observation.protocol, observation.destination_port) {
            (Protocol::Http, port) => Operation::Http {
                port,
                method: self.method(observation.method.as_ref())?,
                path: self.path(observation.path.as_ref())?,
            },
            (Protocol::Tcp, Some(port)) => Operation::Tcp { port },
            (Protocol::Tcp, None) => return Err(NotLearned::NoPort),
        };
        Ok(Access { peer, operation })
    }

    fn check_verdict(&self, observation: &Observation) -> Result<(), NotLearned> {
        let verdict = observation.verdict.as_ref().ok_or(NotLearned::NotJudged)?;
        let mut included = self.options.included_causes.iter();
        match verdict.effect {
            Effect::Allow => Ok(()),
            Effect::Deny if included.any(|cause| cause.code() == verdict.cause) => Ok(()),
            Effect::Deny => Err(NotLearned::Denied),
        }
    }

    fn peer(&self, observation: &Observation) -> Result<LearnedPeer, NotLearned> {
        match observation.uri_sans.as_slice() {
            [] if !self.options.includes_plaintext => Err(NotLearned::NoIdentity),
            [] => match &observation.peer_address {
                Some(PeerAddress::Ip(address)) => Ok(LearnedPeer::Address(*address)),
                Some(PeerAddress::Other(_)) | None => Err(NotLearned::NoAddress),
            },
            [san] => {
                let bytes = san.whole().ok_or(NotLearned::CutValue)?;
                let id = SpiffeId::parse(bytes).map_err(|_| NotLearned::NoSpiffeId)?;
                Ok(LearnedPeer::SpiffeId(id.as_str().to_owned()))
            }
            [_, _, ..] => Err(NotLearned::NoSpiffeId),
        }
    }

    fn method(&self, method: Option<&SeenText>) -> Result<String, NotLearned> {
        let bytes = method.ok_or(NotLearned::OddMethod)?.whole();
        let method = str::from_utf8(bytes.ok_or(NotLearned::CutValue)?);
        let method = method.map_err(|_| NotLearned::OddMethod)?;
        if USUAL_METHODS.contains(&method) || self.options.more_methods.contains(method) {
            Ok(method.to_owned())
        } else {
            Err(NotLearned::OddMethod)
        }
    }

    fn path(&self, path: Option<&SeenText>) -> Result<String, NotLearned> {
        let bytes = path.ok_or(NotLearned::NoPath)?.whole();
        let request = Request {
            path: Attribute::Known(bytes.ok_or(NotLearned::CutValue)?),
            ..Request::absent(Protocol::Http)
        };
        let path = request.path_without_query();
        let path = path
            .known()
            .filter(|path| path.starts_with(b"/"))
            .ok_or(NotLearned::NoPath)?;
        if path.iter().any(|byte| matches!(byte, b'*' | b'{' | b'}')) {
            return Err(NotLearned::WildcardInPath);
        }
        if self.paths.ambiguous_path_classes(&request).next().is_some() {
            return Err(NotLearned::AmbiguousPath);
        }
        // A path of no class is ASCII.
        let path = str::from_utf8(path).map_err(|_| NotLearned::AmbiguousPath)?;
        Ok(path.to_owned())
    }
}

impl Sighting {
    fn first(place: Place, time: Option<OffsetDateTime>) -> Self {
        Self {
            count: 1,
            place,
            first: time,
            last: time,
        }
    }

    fn add(&mut self, time: Option<OffsetDateTime>) {
        self.count = self.count.saturating_add(1);
        self.first = self.first.into_iter().chain(time).min();
        self.last = self.last.max(time);
    }
}

/// What was seen, in a line for people.
fn describe(observation: &Observation) -> String {
    let text = |seen: Option<&SeenText>| match seen {
        None => "-".to_owned(),
        Some(SeenText::Whole(bytes) | SeenText::Cut(bytes)) => bytes.escape_ascii().to_string(),
    };
    let peer = match (observation.uri_sans.as_slice(), &observation.peer_address) {
        ([], None) => "no identity".to_owned(),
        ([], Some(address)) => address.to_string(),
        (sans, _) => sans
            .iter()
            .map(|san| text(Some(san)))
            .collect::<Vec<_>>()
            .join(","),
    };
    let cause = observation
        .verdict
        .as_ref()
        .map_or("-", |verdict| verdict.cause.as_str());
    match observation.protocol {
        Protocol::Http => {
            let (method, path) = (text(observation.method.as_ref()), text(observation.path.as_ref()));
            let path = path.split(['?', '#']).next().unwrap_or_default();
            format!("{peer} {method} {path} ({cause})")
        }
        Protocol::Tcp => format!("{peer} connection ({cause})"),
    }
}
