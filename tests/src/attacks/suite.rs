//! The whole suite, one part after the other.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::attacks::group::Group;
use crate::attacks::tally::Tally;
use crate::attacks::{configuration, groups, resets, run};

/// How much of the suite is run.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Only the parts whose names begin so.
    pub only: String,
    /// How many streams are reset.
    pub resets: u64,
    /// Which of the vectors.
    pub vectors: Share,
}

/// Which of the vectors are sent, and where.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Share {
    /// All, to every station.
    All,
    /// Of the groups with more than a thousand the first of each row and every ninth after it; all of the others. They go to
    /// the stations in profile zero-trust.
    Slice,
}

/// A group with more vectors than this gives a slice a part of them.
const LARGE: usize = 1_000;
/// Odd, because vectors by HTTP/1.1 and by HTTP/2 take turns.
const NTH: usize = 9;

/// What a part of the suite found.
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What it sent.
    pub tally: Tally,
    /// How long it took.
    pub took: Duration,
}

/// Runs the parts, and tells of each when it begins and when it is over.
///
/// # Errors
/// When Envoy does not serve.
pub async fn run_all(extent: &Extent, begins: impl Fn(&str), ends: impl Fn(&Part)) -> Result<Tally, String> {
    let is_wanted = |name: &str| name.starts_with(&extent.only);
    let wanted = groups()
        .into_iter()
        .filter(|group| is_wanted(group.name))
        .map(|group| extent.vectors.of(group));
    let wanted: Vec<Group> = wanted.collect();
    let mut tally = Tally::default();
    if !wanted.is_empty() {
        begins("starting Envoy");
        let started = Cell::new(Instant::now());
        let over = |name, found: &Tally| {
            let part = Part {
                name,
                tally: found.clone(),
                took: started.replace(Instant::now()).elapsed(),
            };
            ends(&part);
        };
        tally.add(run::run(wanted, over).await?);
    }
    if is_wanted("configuration") {
        begins("configuration");
        let started = Instant::now();
        let part = Part {
            name: "configuration",
            tally: configuration::run().await?,
            took: started.elapsed(),
        };
        ends(&part);
        tally.add(part.tally);
    }
    if is_wanted("resets") {
        begins("resets");
        let started = Instant::now();
        let (found, resets) = resets::run(extent.resets, &begins).await?;
        begins(&format!("{resets}"));
        let part = Part {
            name: "resets",
            tally: found,
            took: started.elapsed(),
        };
        ends(&part);
        tally.add(part.tally);
    }
    complete(extent, &mut tally);
    Ok(tally)
}

/// A run of everything has tried every row.
fn complete(extent: &Extent, tally: &mut Tally) {
    for row in tally.strays() {
        tally.problem(format!("{row} is in no catalogue"));
    }
    for row in tally.untried().into_iter().filter(|_| extent.only.is_empty()) {
        tally.problem(format!("{row} was not tried"));
    }
}

impl Share {
    fn of(self, mut group: Group) -> Group {
        match self {
            Self::All => {}
            Self::Slice => {
                group.compat.clear();
                if group.vectors.len() > LARGE {
                    let mut seen = BTreeMap::new();
                    group.vectors.retain(|vector| {
                        let count: &mut usize = seen.entry(vector.row).or_default();
                        *count += 1;
                        (*count - 1).is_multiple_of(NTH)
                    });
                }
            }
        }
        group
    }
}
