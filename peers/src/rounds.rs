//! [`take_turns`]: engines decide the same requests in turns, so that what disturbs one disturbs all.

use std::hint::black_box;
use std::time::{Duration, Instant};

use spiffe_authz_bench::figures::median;

use crate::budget::Budget;
use crate::contestant::{Contestant, Entrant};
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
        let start = Instant::now();
        let decided: Vec<bool> = (0..REQUESTS).map(|request| contestant.allows(request)).collect();
        let pass = start.elapsed().max(Duration::from_nanos(1));
        assert_eq!(decided, expected, "{} decides otherwise", entrant.name());
        let repeats = (budget.turn.as_nanos() / pass.as_nanos()).max(1);
        Self {
            entrant,
            setup,
            contestant,
            repeats: u32::try_from(repeats).unwrap_or(u32::MAX),
            spent: Duration::ZERO,
            nanoseconds: Vec::new(),
        }
    }

    /// The median of its turns, and their number.
    #[must_use]
    pub fn figure(&self) -> (f64, usize) {
        let middle = median(&self.nanoseconds).unwrap_or(f64::NAN);
        (middle, self.nanoseconds.len())
    }

    fn turn(&mut self) {
        let start = Instant::now();
        for _ in 0..self.repeats {
            for request in 0..REQUESTS {
                black_box(self.contestant.allows(black_box(request)));
            }
        }
        let taken = start.elapsed();
        self.spent += taken;
        let decisions = f64::from(self.repeats) * f64::from(u32::try_from(REQUESTS).unwrap_or(u32::MAX));
        self.nanoseconds.push(taken.as_secs_f64() * 1e9 / decisions);
    }
}

/// Each has its turn in each round, another one first; whoever has used its time up is done, after one turn at least.
pub fn take_turns(runners: &mut [Runner<'_>], budget: &Budget) {
    for round in 0..budget.rounds {
        for place in 0..runners.len() {
            let next = (round + place) % runners.len();
            let runner = &mut runners[next];
            if round == 0 || runner.spent < budget.turns {
                runner.turn();
            }
        }
    }
}
