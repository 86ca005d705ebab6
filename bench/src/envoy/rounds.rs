//! [`rounds`]: slices of all loads in turn, so that what disturbs the machine disturbs all of them.

use std::time::Duration;

use crate::envoy::cpu::Process;
use crate::envoy::load::{Load, Slice};
use crate::progress::Progress;

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The length of a slice.
    pub slice: Duration,
    /// How often each load gets its turns.
    pub rounds: usize,
}

/// How long each load runs before anything counts: V8 compiles what is called often once more.
const WARM_UP: Duration = Duration::from_millis(100);

/// The slices of each load, in the order of the loads; each round takes them in an order of its own.
///
/// # Errors
/// When a request is not answered as it must be.
pub async fn rounds(
    process: &Process,
    loads: &mut [Load],
    effort: Effort,
) -> Result<Vec<Vec<Slice>>, String> {
    for load in loads.iter_mut() {
        load.run(process, WARM_UP).await?;
    }
    let mut random = fastrand::Rng::with_seed(effort.rounds as u64);
    let mut slices = vec![Vec::new(); loads.len()];
    let progress = Progress::new(effort.rounds as u64);
    for _ in 0..effort.rounds {
        for place in order(loads.iter().map(|load| load.turns), &mut random) {
            slices[place].push(loads[place].run(process, effort.slice).await?);
        }
        progress.step();
    }
    Ok(slices)
}

/// The place of each load, as often as it has turns.
fn order(turns: impl IntoIterator<Item = usize>, random: &mut fastrand::Rng) -> Vec<usize> {
    let turns = turns.into_iter().enumerate();
    let mut places: Vec<usize> = turns
        .flat_map(|(place, turns)| std::iter::repeat_n(place, turns))
        .collect();
    random.shuffle(&mut places);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_every_load_as_often_as_it_has_turns() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            let mut places = order([1, 3, 1], &mut random);
            places.sort_unstable();
            assert_eq!(places, [0, 1, 1, 1, 2]);
        }
    }

    #[test]
    fn rounds_differ_in_their_order() {
        let mut random = fastrand::Rng::with_seed(1);
        let first = order([1; 17], &mut random);
        assert!((0..10).any(|_| order([1; 17], &mut random) != first));
    }
}
