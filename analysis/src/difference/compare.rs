//! [`compare`]: what changes from one policy set to another.

use crate::difference::describe::Words;
use crate::difference::report::{Coverage, DifferenceError, TargetDifference};
use crate::difference::side::Side;
use crate::difference::solved::Solved;
use crate::difference::target::Target;

/// What both sets decide about a workload by.
type Fingerprints = (Vec<usize>, Vec<usize>);

/// The targets whose decisions are made of the same resources, together.
#[must_use]
pub fn groups(old: &Side, new: &Side, targets: Vec<Target>) -> Vec<Vec<Target>> {
    let mut groups: Vec<(Fingerprints, Vec<Target>)> = Vec::new();
    for target in targets {
        let key = (
            old.fingerprint(&target.workload),
            new.fingerprint(&target.workload),
        );
        match groups.iter_mut().find(|(own, _)| *own == key) {
            Some((_, group)) => group.push(target),
            None => groups.push((key, vec![target])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What changes from the old set to the new one for a workload. `progress` is told after each of the scenes how many are
/// done, and how many there are.
///
/// # Errors
/// A set that the engine refuses for this workload.
pub fn compare(
    old: &Side,
    new: &Side,
    target: &Target,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<TargetDifference, DifferenceError> {
    let solved = Solved::new(old, new, target, progress)?;
    let mut difference = TargetDifference {
        changes: Vec::new(),
        coverage: Coverage::default(),
    };
    difference.coverage.notes.clone_from(&solved.notes);
    for (dimension, found) in &solved.candidates {
        let notes = found.notes.iter().map(|note| format!("{dimension}: {note}"));
        difference.coverage.notes.extend(notes);
    }
    for scene in &solved.scenes {
        difference.coverage.scenes.push(scene.coverage());
        difference
            .coverage
            .notes
            .extend(scene.space.notes.iter().cloned());
        let words = Words::new(&scene.space, solved.attached());
        let mut changes = Vec::new();
        for told in scene.told(solved.sets())? {
            changes.push(scene.change(&told, &words, solved.sets())?);
        }
        difference.changes.extend(changes);
    }
    difference.coverage.notes.sort();
    difference.coverage.notes.dedup();
    difference.changes.sort_by_key(|change| change.direction);
    Ok(difference)
}
