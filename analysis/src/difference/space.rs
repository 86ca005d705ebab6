//! [`Space`]: the requests of one scene, each dimension divided into classes that no policy tells apart.

use std::collections::HashMap;

use bit_set::BitSet;

use crate::difference::Dimension;
use crate::difference::fragment::Fragment;
use crate::difference::raw::Raw;
use crate::difference::scene::Scene;

/// How many values of a class are kept beside the first one.
const KEPT: usize = 3;

/// One scene.
pub(super) struct Space {
    pub(super) scene: Scene,
    pub(super) axes: Vec<Axis>,
    pub(super) sides: [Judged; 2],
    pub(super) notes: Vec<String>,
}

/// One dimension of it.
pub(super) struct Axis {
    pub(super) dimension: Dimension,
    pub(super) classes: Vec<Class>,
    pub(super) candidates: usize,
    /// From what is known of a value to its class.
    by_signature: HashMap<Vec<usize>, usize>,
}

/// Values that neither policy set tells apart.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) fragments: Vec<Fragment>,
}

/// What one of the sets says about the classes.
pub(super) struct Judged {
    /// Whether every request of the scene is denied before policies are asked.
    pub(super) is_closed: bool,
    /// For each axis, the classes that are denied before policies are asked.
    pub(super) gates: Vec<Vec<bool>>,
    /// For each clause what it holds of.
    pub(super) clauses: Vec<Held>,
}

/// What a clause holds of.
pub(super) enum Held {
    /// All requests of the scene, or none: for certain, and possibly.
    Always(bool, bool),
    /// Classes of one axis.
    On {
        axis: usize,
        certain: BitSet,
        possible: BitSet,
    },
    /// Combinations of classes of several axes, by their numbers in the order of the axes.
    Jointly {
        axes: Vec<usize>,
        certain: Vec<Vec<usize>>,
        possible: Vec<Vec<usize>>,
    },
    /// It was not solved.
    Unsolved,
}

impl Held {
    pub(super) fn nowhere(axis: usize) -> Self {
        Self::On {
            axis,
            certain: BitSet::new(),
            possible: BitSet::new(),
        }
    }

    pub(super) fn mark(&mut self, axis: usize, class: usize, is_certain: bool) {
        match self {
            Self::On {
                axis: own,
                certain,
                possible,
            } if *own == axis => {
                let classes = if is_certain { certain } else { possible };
                classes.insert(class);
            }
            Self::On { .. } | Self::Always(..) | Self::Jointly { .. } | Self::Unsolved => {}
        }
    }
}

impl Axis {
    /// Second: the first value of each class.
    pub(super) fn new(
        index: usize,
        dimension: &Dimension,
        fragments: &[Fragment],
        sides: [&Raw; 2],
    ) -> (Self, Vec<usize>) {
        let mut axis = Self {
            dimension: dimension.clone(),
            classes: Vec::new(),
            candidates: fragments.len(),
            by_signature: HashMap::new(),
        };
        let mut firsts = Vec::new();
        for (value, fragment) in fragments.iter().enumerate() {
            let mut signature = Vec::new();
            sides
                .into_iter()
                .for_each(|raw| raw.signature(index, value, &mut signature));
            if *dimension == Dimension::Time {
                // An exception ends at each.
                signature.push(value);
            }
            let next = axis.classes.len();
            let class = *axis.by_signature.entry(signature).or_insert(next);
            match axis.classes.get_mut(class) {
                Some(class) if class.fragments.len() < KEPT => class.fragments.push(fragment.clone()),
                Some(_) => {}
                None => {
                    axis.classes.push(Class {
                        fragments: vec![fragment.clone()],
                    });
                    firsts.push(value);
                }
            }
        }
        (axis, firsts)
    }
}
