//! [`take_turns`]: engines decide the same requests in turns, so that what disturbs one disturbs all.

use std::hint::black_box;
use std::time::Duration;

use spiffe_authz_bench::figures::median;

use crate::budget::Budget;
use crate::contestant::{Contestant, Entrant};
use crate::cpu_time::CpuTime;
use crate::task::REQUESTS;

/// An engine that is ready, and decided everything as it must.
pub struct Runner<'t> {
    /// Who it is.
    pub entrant: Entrant,
    /// How long it took to take the rules.
    pub setup: Duration,
    contestant: Box<dyn Contestant + 't>,
    /// How often a turn goes through all requests.
    repeats: u32,
    spent: Duration,
    nanoseconds: Vec<f64>,
}

impl<'t> Runner<'t> {
    /// Asks it everything once.
    ///
    /// # Panics
    /// When a decision is another than expected: what decides otherwise is not compared.
    pub fn checked(
        entrant: Entrant,
        mut contestant: Box<dyn Contestant + 't>,
        setup: Duration,
        expected: &[bool],
        budget: &Budget,
    ) -> Self {
        let start = CpuTime::start();
        let decided: Vec<bool> = (0..REQUESTS).map(|request| contestant.allows(request)).collect();
        let pass = start.elapsed().max(Duration::from_nanos(1));
        assert_eq!(decided, expected, "{} decides otherwise", entrant.name());
        // Where one pass uses all the time up, it is the only turn.
        let first_turn = (pass >= budget.turns).then(|| nanoseconds(pass, 1));
        let repeats = (budget.turn.as_nanos() / pass.as_nanos()).max(1);
        Self {
            entrant,
            setup,
            contestant,
            repeats: u32::try_from(repeats).unwrap_or(u32::MAX),
            spent: first_turn.map_or(Duration::ZERO, |_| pass),
            nanoseconds: first_turn.into_iter().collect(),
        }
    }

    /// The median of its turns, and their number.
    #[must_use]
    pub fn figure(&self) -> (f64, usize) {
        let middle = median(&self.nanoseconds).unwrap_or(f64::NAN);
        (middle, self.nanoseconds.len())
    }

    fn turn(&mut self) {
        let start = CpuTime::start();
        for _ in 0..self.repeats {
            for request in 0..REQUESTS {
                black_box(self.contestant.allows(black_box(request)));
            }
        }
        let taken = start.elapsed();
        self.spent += taken;
        self.nanoseconds.push(nanoseconds(taken, self.repeats));
    }
}

/// Of one decision, where all requests were decided so often.
fn nanoseconds(taken: Duration, repeats: u32) -> f64 {
    let requests = f64::from(u32::try_from(REQUESTS).unwrap_or(u32::MAX));
    taken.as_secs_f64() * 1e9 / (f64::from(repeats) * requests)
}

/// Each has its turn in each round, another one first; whoever has used its time up is done.
pub fn take_turns(runners: &mut [Runner<'_>], budget: &Budget) {
    for round in 0..budget.rounds {
        for place in 0..runners.len() {
            let next = (round + place) % runners.len();
            let runner = &mut runners[next];
            if runner.spent < budget.turns {
                runner.turn();
            }
        }
    }
}
