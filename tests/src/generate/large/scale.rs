//! [`Scale`]: how large a configuration is, and how often its values meet.

use crate::generate::dice::Dice;

/// What most rules of a configuration ask about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Theme {
    /// Everything, in every combination.
    Mixed,
    /// One kind of field, and now and then another beside it.
    Sources,
    Operations,
    Conditions,
    /// Every principal with every path.
    Products,
}

/// What the values of one configuration are drawn from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) theme: Theme,
    pub(super) rules: usize,
    /// How many different values there are of a kind.
    pub(super) values: usize,
    /// Once in so many times something is said that most requests match.
    pub(super) broad: usize,
}

impl Scale {
    /// Ten rules to `most`, each order of magnitude as often.
    pub(super) fn roll(dice: &mut Dice, most: usize) -> Self {
        let mut rules = 10;
        while rules < most && dice.chance(80) {
            rules = rules * 3 / 2 + dice.below(5);
        }
        let rules = rules.min(most);
        let pools = [2, 6, 2 + rules.isqrt(), 3 + rules / 4, rules];
        let themes = [
            Theme::Mixed,
            Theme::Mixed,
            Theme::Mixed,
            Theme::Sources,
            Theme::Operations,
            Theme::Conditions,
            Theme::Products,
        ];
        Self {
            theme: *dice.pick(&themes),
            rules,
            values: pools[dice.weighted(&[1, 2, 5, 5, 3])],
            broad: rules * *dice.pick(&[1, 4, 20]),
        }
    }

    pub(super) fn is_broad(&self, dice: &mut Dice) -> bool {
        dice.one_in(self.broad)
    }

    /// The number of a value. Low ones come more often, and the decimal forms are prefixes of each other.
    pub(super) fn number(&self, dice: &mut Dice) -> usize {
        let end = if dice.one_in(3) {
            self.values.min(8)
        } else {
            self.values
        };
        dice.below(end)
    }

    /// One of few, whatever the size.
    pub(super) fn few(&self, dice: &mut Dice) -> usize {
        dice.below(self.values.min(5))
    }
}
