//! Runs groups: every vector to every station, and what must have become of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::attacks::client::{Client, Reply};
use crate::attacks::group::Group;
use crate::attacks::peers::Peers;
use crate::attacks::site::{Site, Stand};
use crate::attacks::station::{Door, Polarity, Station};
use crate::attacks::tally::Tally;
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{Must, Vector, Wire, shown};

/// How many stations are attacked at once.
const CONCURRENCY: usize = 8;

/// How long a request may be on its way to the application on a busy machine.
const ON_ITS_WAY: Duration = Duration::from_millis(20);

/// What became of one vector at one station.
#[derive(Clone, Debug)]
struct Outcome {
    reply: Reply,
    arrivals: Vec<Arrival>,
}

/// Sends every vector of each group to every station of it, all on one Envoy. `ends` is told of each group once it is over.
///
/// # Errors
/// When Envoy does not serve, or fails under the attacks.
pub async fn run(groups: Vec<Group>, ends: impl Fn(&'static str, &Tally)) -> Result<Tally, String> {
    let groups: Vec<Arc<Group>> = groups.into_iter().map(Arc::new).collect();
    let stations: Vec<Station> = groups.iter().flat_map(|group| stations(group)).collect();
    let mut site = Site::start(&stations).await?;
    let mut tally = Tally::default();
    let mut stands = site.stands.iter();
    for group in &groups {
        let own: Vec<Arc<Stand>> = stands.by_ref().take(stations_of(group)).map(Arc::clone).collect();
        let peers = site.peers(&group.peers)?;
        let outcomes = attack_all(group, &own, &peers).await?;
        let found = judge_group(group, &outcomes);
        ends(group.name, &found);
        tally.add(found);
    }
    if let Err(error) = site.check_alive().await {
        tally.problem(error);
    }
    Ok(tally)
}

fn stations(group: &Group) -> Vec<Station> {
    let pairs = group
        .compat
        .iter()
        .flat_map(|(filter, native)| [filter.clone(), native.clone()]);
    group.strict.iter().cloned().chain(pairs).collect()
}

fn stations_of(group: &Group) -> usize {
    group.strict.len() + 2 * group.compat.len()
}

fn judge_group(group: &Group, outcomes: &[Vec<Outcome>]) -> Tally {
    let mut tally = Tally::default();
    for vector in &group.vectors {
        tally.row(vector.row).vectors += 1;
    }
    let (strict, compat) = outcomes.split_at(group.strict.len());
    for (station, outcomes) in group.strict.iter().zip(strict) {
        judge_station(group, station, outcomes, &mut tally);
    }
    for ((station, _), outcomes) in group.compat.iter().zip(compat.chunks(2)) {
        if let [filter, native] = outcomes {
            compare(group, station, filter, native, &mut tally);
        }
    }
    tally
}

/// The outcomes of the controls before, the vectors, and the controls after, for each station.
async fn attack_all(
    group: &Arc<Group>,
    stands: &[Arc<Stand>],
    peers: &Arc<Peers>,
) -> Result<Vec<Vec<Outcome>>, String> {
    let permits = Arc::new(Semaphore::new(CONCURRENCY));
    let mut tasks = JoinSet::new();
    for (index, stand) in stands.iter().enumerate() {
        let (group, permits) = (Arc::clone(group), Arc::clone(&permits));
        let (stand, peers) = (Arc::clone(stand), Arc::clone(peers));
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            (index, attack(&group, &stand, &peers).await)
        });
    }
    let mut outcomes = tasks.join_all().await;
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcomes)| outcomes).collect()
}

async fn attack(group: &Group, stand: &Stand, peers: &Peers) -> Result<Vec<Outcome>, String> {
    let mut client = Client::new(stand.listen, peers);
    let mut outcomes = Vec::new();
    for vector in group.controls.iter().chain(&group.vectors).chain(&group.controls) {
        let reply = client
            .send(vector)
            .await
            .map_err(|error| format!("{}: {error}", stand.station.name))?;
        if reply != Reply::Refused && !matches!(reply, Reply::Status(_)) {
            // Without a response nothing says that the head of the request, which may have gone on, has arrived by now.
            sleep(ON_ITS_WAY).await;
        }
        outcomes.push(Outcome {
            reply,
            arrivals: stand.upstream.take(),
        });
    }
    Ok(outcomes)
}

fn judge_station(group: &Group, station: &Station, outcomes: &[Outcome], tally: &mut Tally) {
    let (before, rest) = outcomes.split_at(group.controls.len());
    let (attacks, after) = rest.split_at(group.vectors.len());
    for outcomes in [before, after] {
        for (control, outcome) in group.controls.iter().zip(outcomes) {
            match judge(control, station, outcome) {
                Ok(()) => tally.controls += 1,
                Err(problem) => tally.problem(format!("control: {}", problem.words)),
            }
        }
    }
    for (vector, outcome) in group.vectors.iter().zip(attacks) {
        let counts = tally.row(vector.row);
        counts.sent += 1;
        if outcome.arrivals.is_empty() {
            counts.denied += 1;
        } else {
            counts.arrived += 1;
        }
        match judge(vector, station, outcome) {
            Ok(()) => counts.expected += 1,
            Err(Problem { words, is_hit }) => {
                tally.hits += usize::from(is_hit);
                tally.problem(words);
            }
        }
    }
}

/// What is not as it must be.
struct Problem {
    words: String,
    /// Whether something forbidden arrived.
    is_hit: bool,
}

fn judge(vector: &Vector, station: &Station, outcome: &Outcome) -> Result<(), Problem> {
    let what = || format!("{} | {} | {}", vector.row, station.name, vector.name);
    if let Some(arrival) = outcome
        .arrivals
        .iter()
        .find(|arrival| (station.forbidden)(arrival))
    {
        let words = format!(
            "{}: FORBIDDEN, `{}` arrived",
            what(),
            shown(arrival.request_line())
        );
        return Err(Problem { words, is_hit: true });
    }
    let is_single = outcome.arrivals.len() <= 1 || matches!(vector.wire, Wire::Bytes(_));
    let passed = outcome.reply == Reply::Status(200) && !outcome.arrivals.is_empty();
    let denied = outcome.arrivals.is_empty() && outcome.reply != Reply::Status(200);
    let as_expected = match (vector.must, station.polarity) {
        (Must::BeHarmless, _) => true,
        (Must::BeDeniedAsSent, _) => denied || station.door != Door::Open,
        (Must::BeDenied, _) | (Must::BeProtected, Polarity::Refuses) | (Must::BeOther, Polarity::Admits) => {
            denied
        }
        (Must::BeProtected, Polarity::Admits) | (Must::BeOther, Polarity::Refuses) => passed,
    };
    if as_expected && is_single {
        return Ok(());
    }
    let words = format!("{}: must {:?}, but {}", what(), vector.must, described(outcome));
    Err(Problem { words, is_hit: false })
}

fn compare(group: &Group, station: &Station, filter: &[Outcome], native: &[Outcome], tally: &mut Tally) {
    let skipped = group.controls.len();
    let outcomes = filter.iter().zip(native).skip(skipped);
    let compared = group
        .vectors
        .iter()
        .zip(outcomes)
        .filter(|(vector, _)| !group.differs.contains(&vector.row));
    for (vector, (filter, native)) in compared {
        let is_same = is_same(filter, native);
        let counts = tally.row(vector.row);
        counts.pairs += 1;
        counts.same += usize::from(is_same);
        if !is_same {
            tally.problem(format!(
                "{} | {} | {}: the filter {}, native RBAC {}",
                vector.row,
                station.name,
                vector.name,
                described(filter),
                described(native)
            ));
        }
    }
}

fn is_same(filter: &Outcome, native: &Outcome) -> bool {
    let lines = |outcome: &Outcome| -> Vec<Vec<u8>> {
        outcome
            .arrivals
            .iter()
            .map(|arrival| arrival.request_line().to_vec())
            .collect()
    };
    filter.reply == native.reply && lines(filter) == lines(native)
}

fn described(outcome: &Outcome) -> String {
    let lines: Vec<String> = outcome
        .arrivals
        .iter()
        .map(|arrival| shown(arrival.request_line()))
        .collect();
    format!("answers {:?}, arrived: [{}]", outcome.reply, lines.join(", "))
}
