//! [`Contestant`]: one structure among others that find the same.

use std::hint::black_box;

use spiffe_authz_peers::cpu_time::CpuTime;
use stats_alloc::Region;

use crate::{KEYS, MEMORY, ROUNDS};

/// A structure that was filled, what it takes, and how it finds.
pub(crate) struct Contestant<'k, Q> {
    name: &'static str,
    bytes: usize,
    find: Box<dyn Fn(&Q) -> usize + 'k>,
    rounds: Vec<f64>,
}

/// Fills a structure and notes what it takes.
pub(crate) fn contestant<'k, Q, S: 'k>(
    name: &'static str,
    fill: impl FnOnce() -> S,
    find: impl Fn(&S, &Q) -> usize + 'k,
) -> Contestant<'k, Q> {
    let region = Region::new(MEMORY);
    let filled = fill();
    let change = region.change();
    let bytes = (change.bytes_allocated as isize - change.bytes_deallocated as isize) as usize;
    Contestant {
        name,
        bytes,
        find: Box::new(move |query| find(&filled, query)),
        rounds: Vec::new(),
    }
}

/// Every contestant must find what the last one finds, and only the first may find more; then each takes its turn in every
/// round.
pub(crate) fn compare<Q>(what: &str, mut contestants: Vec<Contestant<'_, Q>>, queries: &[Q]) {
    let too_many = finds_too_many(what, &contestants, queries);
    for _ in 0..ROUNDS {
        for contestant in &mut contestants {
            let started = CpuTime::start();
            for query in queries {
                black_box((contestant.find)(black_box(query)));
            }
            let nanoseconds = started.elapsed().as_secs_f64() * 1e9;
            contestant.rounds.push(nanoseconds / queries.len() as f64);
        }
    }
    print_table(what, &mut contestants);
    println!(
        "finds of ours that are none: {too_many} in {} look-ups\n",
        queries.len()
    );
}

/// The engine's own tables know hashes alone: what they find, a rule judges.
fn finds_too_many<Q>(what: &str, contestants: &[Contestant<'_, Q>], queries: &[Q]) -> usize {
    let (ours, others) = contestants.split_first().expect("contestants");
    let mut too_many = 0;
    for query in queries {
        let counts: Vec<usize> = others.iter().map(|other| (other.find)(query)).collect();
        let expected = *counts.last().expect("another contestant");
        assert!(
            counts.iter().all(|count| *count == expected),
            "{what}: {counts:?}"
        );
        let found = (ours.find)(query);
        assert!(found >= expected, "{what}: {found} instead of {expected}");
        too_many += found - expected;
    }
    too_many
}

fn print_table<Q>(what: &str, contestants: &mut [Contestant<'_, Q>]) {
    println!(
        "{:<28} {:>10} {:>7} {:>12} {:>7}",
        what, "ns/look-up", "ratio", "bytes/key", "ratio"
    );
    let mut ours = None;
    for contestant in contestants {
        contestant.rounds.sort_by(f64::total_cmp);
        let time = contestant.rounds[contestant.rounds.len() / 2];
        let bytes = contestant.bytes as f64 / KEYS as f64;
        let (our_time, our_bytes) = *ours.get_or_insert((time, bytes));
        println!(
            "{:<28} {time:>10.1} {:>7.2} {bytes:>12.1} {:>7.2}",
            contestant.name,
            time / our_time,
            bytes / our_bytes
        );
    }
}
