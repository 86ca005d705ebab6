//! What was measured as tables, as JSON and as a picture, and whether the bounds held.

use serde_json::{Value, json};
use spiffe_authz_bench::documents::Distribution;
use spiffe_authz_bench::figures;
use spiffe_authz_bench::plot::{Chart, Panel, Series};
use spiffe_authz_bench::table::Table;

use crate::contestant::Entrant;
use crate::measure::{Measured, SIZES};

const FEW: usize = 10;
const MANY: usize = 100_000;
const COMPARED: usize = 1_000;
/// How many times the figure at few rules the one at many may be.
const AT_MOST: f64 = 1.5;
/// How many times ours the figure of the fastest other engine must be.
const AT_LEAST: f64 = 20.0;

/// A ratio of two figures, and whether it is as it must be.
#[derive(Clone, Debug)]
pub struct Bound {
    what: String,
    ratio: f64,
    must: String,
    /// Whether it held.
    pub holds: bool,
}

/// The bounds on this kind of rules: none in the worst case.
#[must_use]
pub fn bounds(measured: &Measured) -> Vec<Bound> {
    if Distribution::FLAT.contains(&measured.distribution) {
        [growth(measured), lead(measured)].into_iter().flatten().collect()
    } else {
        Vec::new()
    }
}

fn growth(measured: &Measured) -> Option<Bound> {
    let ratio = measured.nanoseconds(Entrant::Ours, MANY)? / measured.nanoseconds(Entrant::Ours, FEW)?;
    Some(Bound {
        what: "ours at 100,000 rules / at 10".to_owned(),
        ratio,
        must: format!("at most {AT_MOST}"),
        holds: ratio <= AT_MOST,
    })
}

fn lead(measured: &Measured) -> Option<Bound> {
    let (name, fastest) = fastest_peer(measured)?;
    let ratio = fastest / measured.nanoseconds(Entrant::Ours, COMPARED)?;
    Some(Bound {
        what: format!("fastest other ({name}) / ours at 1,000 rules"),
        ratio,
        must: format!("at least {AT_LEAST}"),
        holds: ratio >= AT_LEAST,
    })
}

fn fastest_peer(measured: &Measured) -> Option<(&'static str, f64)> {
    let peers = Entrant::ALL.into_iter().filter(|entrant| entrant.is_peer());
    let figures = peers.filter_map(|peer| Some((peer.name(), measured.nanoseconds(peer, COMPARED)?)));
    figures.min_by(|one, other| one.1.total_cmp(&other.1))
}

/// The table of one kind of rules, with what is to be said under it.
#[must_use]
pub fn text(measured: &Measured) -> String {
    let sizes = SIZES.iter().map(|size| figures::thousands(*size));
    let mut table = Table::new(
        [format!("{}, rules:", measured.distribution.name())]
            .into_iter()
            .chain(sizes),
    );
    for (entrant, outcomes) in &measured.outcomes {
        let cells = outcomes.iter().map(|outcome| outcome.cell());
        table.row([format!("  {}", entrant.name())].into_iter().chain(cells));
    }
    let lines = bounds(measured).into_iter().map(|bound| bound.line());
    let lines = lines.chain(refusals(measured)).chain(keyed(measured));
    format!(
        "{table}{}\n",
        lines.map(|line| format!("  {line}\n")).collect::<String>()
    )
}

impl Bound {
    fn line(&self) -> String {
        let verdict = if self.holds { "held" } else { "missed" };
        format!(
            "{}: {} ({}: {verdict})",
            self.what,
            figures::ratio(self.ratio),
            self.must
        )
    }

    fn to_json(&self) -> Value {
        json!({"what": self.what, "ratio": self.ratio, "must": self.must, "holds": self.holds})
    }
}

fn refusals(measured: &Measured) -> impl Iterator<Item = String> {
    measured.outcomes.iter().filter_map(|(entrant, outcomes)| {
        let mut sizes = SIZES.iter().zip(outcomes);
        let (size, why) = sizes.find_map(|(size, outcome)| Some((size, outcome.refusal()?)))?;
        Some(format!(
            "{} from {} on: {why}",
            entrant.name(),
            figures::thousands(*size)
        ))
    })
}

/// Rules made into keys by hand are no translation of rules in general: shown, and no bound.
fn keyed(measured: &Measured) -> Option<String> {
    let keyed = measured.nanoseconds(Entrant::RegoKeys, COMPARED)?;
    let ratio = keyed / measured.nanoseconds(Entrant::Ours, COMPARED)?;
    let name = Entrant::RegoKeys.name();
    Some(format!("{name} / ours at 1,000 rules: {}", figures::ratio(ratio)))
}

/// Everything, as it is kept.
#[must_use]
pub fn to_json(measured: &[Measured], machine: &Value, command: &str) -> Value {
    json!({
        "machine": machine,
        "command": command,
        "unit": "nanoseconds a decision, the median of turns",
        "distributions": measured.iter().map(distribution_json).collect::<Vec<_>>(),
    })
}

fn distribution_json(measured: &Measured) -> Value {
    let engines = measured.outcomes.iter().map(|(entrant, outcomes)| {
        let figures = SIZES.iter().zip(outcomes);
        let figures = figures.map(|(size, outcome)| (size.to_string(), outcome.to_json()));
        json!({"name": entrant.name(), "rules": figures.collect::<serde_json::Map<_, _>>()})
    });
    json!({
        "name": measured.distribution.name(),
        "engines": engines.collect::<Vec<_>>(),
        "bounds": bounds(measured).iter().map(Bound::to_json).collect::<Vec<_>>(),
    })
}

/// A panel for each kind of rules.
#[must_use]
pub fn chart(measured: &[Measured]) -> Chart {
    Chart {
        title: "One decision, by the number of rules".to_owned(),
        x: "rules".to_owned(),
        y: "nanoseconds a decision".to_owned(),
        panels: measured.iter().map(panel).collect(),
    }
}

fn panel(measured: &Measured) -> Panel {
    let series = measured.outcomes.iter().map(|(entrant, outcomes)| Series {
        name: entrant.name().to_owned(),
        points: SIZES
            .iter()
            .zip(outcomes)
            .filter_map(|(size, outcome)| {
                Some((f64::from(u32::try_from(*size).ok()?), outcome.nanoseconds()?))
            })
            .collect(),
    });
    Panel {
        title: measured.distribution.name().to_owned(),
        series: series.collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outcome::Outcome;

    /// Each with one figure a size.
    fn measured(distribution: Distribution, figures: &[(Entrant, [f64; 5])]) -> Measured {
        let outcome = |nanoseconds: &f64| Outcome::Measured {
            setup: Duration::ZERO,
            nanoseconds: *nanoseconds,
            turns: 1,
        };
        let outcomes = figures
            .iter()
            .map(|(entrant, figures)| (*entrant, figures.iter().map(outcome).collect()));
        Measured {
            distribution,
            outcomes: outcomes.collect(),
        }
    }

    const OURS: (Entrant, [f64; 5]) = (Entrant::Ours, [100.0, 100.0, 100.0, 120.0, 140.0]);

    #[test]
    fn the_fastest_other_engine_is_the_one_to_beat() {
        let cedar = (Entrant::Cedar, [1e3, 1e4, 5_000.0, 1e6, 1e7]);
        let casbin = (Entrant::Casbin, [1e3, 1e4, 1_900.0, 1e6, 1e7]);
        let bounds = bounds(&measured(Distribution::Hosts, &[OURS, cedar, casbin]));
        let held: Vec<bool> = bounds.iter().map(|bound| bound.holds).collect();
        assert_eq!(held, [true, false]);
        assert!(
            bounds[1].line().contains("casbin") && bounds[1].line().ends_with("19.0 (at least 20: missed)")
        );
    }

    #[test]
    fn growth_beyond_the_bound_is_missed() {
        let ours = (Entrant::Ours, [100.0, 100.0, 100.0, 120.0, 151.0]);
        let bounds = bounds(&measured(Distribution::Cidrs, &[ours]));
        assert_eq!(
            bounds[0].line(),
            "ours at 100,000 rules / at 10: 1.51 (at most 1.5: missed)"
        );
    }

    #[test]
    fn the_worst_case_is_shown_and_has_no_bounds() {
        let worst = measured(Distribution::Residual, &[OURS]);
        assert!(bounds(&worst).is_empty());
        assert!(text(&worst).contains("spiffe-authz, indexed  100 ns"));
    }

    #[test]
    fn rules_made_into_keys_by_hand_are_no_peer() {
        let keyed = (Entrant::RegoKeys, [1e3; 5]);
        let measured = measured(Distribution::Paths, &[OURS, keyed]);
        assert_eq!(bounds(&measured).len(), 1);
        assert!(text(&measured).contains("regorus, keyed by hand / ours at 1,000 rules: 10.0"));
    }
}
