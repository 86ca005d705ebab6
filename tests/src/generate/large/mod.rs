//! Configurations of many rules.

mod clauses;
mod policies;
mod scale;
mod values;

use serde_json::Value;

use super::Mode;
use super::configuration::around;
use super::dice::Dice;

use scale::Scale;

/// A plugin configuration of ten to `most` rules, on values that collide, repeat and nest.
pub(super) fn configuration(dice: &mut Dice, most: usize) -> Value {
    let scale = Scale::roll(dice, most);
    around(dice, Mode::Everything, |dice, root, gateway| {
        policies::policies(dice, &scale, root, gateway)
    })
}
