//! [`Table`]: the truth of a clause that compares several attributes with each other.

use crate::difference::space::Held;

/// The truth of a clause on every combination of the values of several axes.
pub(super) struct Table {
    pub(super) axes: Vec<usize>,
    pub(super) rows: Vec<(Vec<usize>, bool, bool)>,
}

impl Table {
    pub(super) fn held(&self, firsts: &[Vec<usize>]) -> Held {
        let (mut certain, mut possible) = (Vec::new(), Vec::new());
        for (place, is_certain, is_possible) in &self.rows {
            let classes: Option<Vec<usize>> = place
                .iter()
                .zip(&self.axes)
                .map(|(value, axis)| firsts.get(*axis)?.iter().position(|first| first == value))
                .collect();
            let Some(classes) = classes else { continue };
            if *is_certain {
                certain.push(classes.clone());
            }
            if *is_possible {
                possible.push(classes);
            }
        }
        Held::Jointly {
            axes: self.axes.clone(),
            certain,
            possible,
        }
    }
}

/// Every combination of a number below each length.
pub(super) fn combinations(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for length in lengths {
        let longer = all.iter().flat_map(|head: &Vec<usize>| {
            (0..*length).map(move |next| head.iter().copied().chain([next]).collect::<Vec<usize>>())
        });
        all = longer.collect();
    }
    all
}
