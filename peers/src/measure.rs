//! [`measure`]: all engines on one kind of rules, size by size.

use std::collections::HashMap;

use spiffe_authz_bench::documents::Distribution;

use crate::budget::Budget;
use crate::contestant::Entrant;
use crate::cpu_time::CpuTime;
use crate::outcome::{Outcome, Over};
use crate::rounds::{Runner, take_turns};
use crate::task::{Task, with_task};

/// How many rules there are, each ten times as many as the one before.
pub const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
const STEP: u32 = 10;

/// What became of each engine at each size.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The kind of rules.
    pub distribution: Distribution,
    /// The engines that take such rules, with an outcome for each of the sizes.
    pub outcomes: Vec<(Entrant, Vec<Outcome>)>,
}

impl Measured {
    /// The figure of an engine at a size.
    #[must_use]
    pub fn nanoseconds(&self, entrant: Entrant, rules: usize) -> Option<f64> {
        let place = SIZES.iter().position(|size| *size == rules)?;
        let (_, outcomes) = self.outcomes.iter().find(|(of, _)| *of == entrant)?;
        outcomes.get(place)?.nanoseconds()
    }
}

/// Measures all engines on this kind of rules; `say` hears of each size before it begins.
///
/// # Errors
/// When the document or a request cannot be translated.
pub fn measure(distribution: Distribution, budget: &Budget, say: impl Fn(usize)) -> Result<Measured, String> {
    let entrants = Entrant::ALL
        .into_iter()
        .filter(|entrant| entrant.takes(distribution));
    let mut outcomes: Vec<(Entrant, Vec<Outcome>)> = entrants.map(|entrant| (entrant, Vec::new())).collect();
    for rules in SIZES {
        say(rules);
        let mut of_this_size = with_task(distribution, rules, |task| one_size(task, &outcomes, budget))?;
        for (entrant, outcomes) in &mut outcomes {
            outcomes.extend(of_this_size.remove(entrant));
        }
    }
    Ok(Measured {
        distribution,
        outcomes,
    })
}

fn one_size(
    task: &Task<'_>,
    before: &[(Entrant, Vec<Outcome>)],
    budget: &Budget,
) -> HashMap<Entrant, Outcome> {
    let mut outcomes = HashMap::new();
    let mut runners = Vec::new();
    for (entrant, before) in before {
        match runner(*entrant, task, before.last(), budget) {
            Ok(runner) => runners.push(runner),
            Err(outcome) => {
                outcomes.insert(*entrant, outcome);
            }
        }
    }
    take_turns(&mut runners, budget);
    for runner in runners {
        let (nanoseconds, turns) = runner.figure();
        let setup = runner.setup;
        outcomes.insert(
            runner.entrant,
            Outcome::Measured {
                setup,
                nanoseconds,
                turns,
            },
        );
    }
    outcomes
}

/// An engine that is ready, or why it is not.
fn runner<'t>(
    entrant: Entrant,
    task: &'t Task<'_>,
    before: Option<&Outcome>,
    budget: &Budget,
) -> Result<Runner<'t>, Outcome> {
    if let Some(refused @ Outcome::Refused(_)) = before {
        return Err(refused.clone());
    }
    if let Some(left_out) = before.and_then(|before| left_out(entrant, before, budget)) {
        return Err(left_out);
    }
    let start = CpuTime::start();
    let contestant = entrant.prepare(task).map_err(Outcome::Refused)?;
    let setup = if entrant.is_ours() {
        task.compiling
    } else {
        start.elapsed()
    };
    Ok(Runner::checked(entrant, contestant, setup, task.expected, budget))
}

/// Ours is never left out, and what compiling costs is none of the linear walk's.
fn left_out(entrant: Entrant, before: &Outcome, budget: &Budget) -> Option<Outcome> {
    let estimate = before.expected(STEP)?;
    let over = if !entrant.is_ours() && estimate.setup > budget.setup {
        Over::Setup
    } else if entrant != Entrant::Ours && estimate.decision > budget.decision {
        Over::Decision
    } else {
        return None;
    };
    Some(Outcome::LeftOut { estimate, over })
}
