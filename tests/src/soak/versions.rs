//! [`Versions`]: which version of the policies an Envoy may have judged a request by.

use crate::soak::moment::Moment;

/// The versions that one Envoy was given, the oldest first; their numbers are their places.
#[derive(Debug)]
pub(super) struct Versions(Vec<Write>);

/// One version.
#[derive(Debug)]
struct Write {
    /// Right before the file was replaced.
    written: Moment,
    /// From when on no older version judges; unknown until Envoy says that it has taken this one.
    settled: Option<Moment>,
}

impl Versions {
    /// Version 0, which an Envoy starts with.
    pub(super) fn new(written: Moment) -> Self {
        let settled = Some(written);
        Self(vec![Write { written, settled }])
    }

    /// The number of the newest version.
    pub(super) fn newest(&self) -> u64 {
        number(self.0.len().saturating_sub(1))
    }

    /// The next version is written from now on.
    pub(super) fn write(&mut self, written: Moment) -> u64 {
        self.0.push(Write {
            written,
            settled: None,
        });
        self.newest()
    }

    /// From this moment on no version judges that is older than this one.
    pub(super) fn settle(&mut self, version: u64, at: Moment) {
        let known = usize::try_from(version).map_or(self.0.len(), |version| version + 1);
        for write in self.0.iter_mut().take(known).rev() {
            if write.settled.is_some() {
                break;
            }
            write.settled = Some(at);
        }
    }

    /// The versions by which a request may have been judged that was sent and answered then, the newest first.
    pub(super) fn admissible(&self, sent: Moment, answered: Moment) -> Vec<u64> {
        let written = self.0.partition_point(|write| write.written <= answered);
        let mut admissible = Vec::new();
        for (place, write) in self.0.iter().enumerate().take(written).rev() {
            admissible.push(number(place));
            if write.settled.is_some_and(|settled| settled < sent) {
                break;
            }
        }
        admissible
    }
}

fn number(place: usize) -> u64 {
    u64::try_from(place).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Moment {
        Moment::from_micros(micros)
    }

    fn two() -> Versions {
        let mut versions = Versions::new(at(0));
        assert_eq!(versions.write(at(100)), 1);
        versions.settle(1, at(200));
        versions
    }

    #[test]
    fn before_the_update_only_the_old_version_judges() {
        assert_eq!(two().admissible(at(50), at(99)), [0]);
    }

    #[test]
    fn around_the_update_either_version_may_judge() {
        for (sent, answered) in [(50, 100), (150, 160), (200, 300)] {
            assert_eq!(two().admissible(at(sent), at(answered)), [1, 0], "{sent}");
        }
    }

    #[test]
    fn once_the_update_has_settled_the_old_version_judges_no_more() {
        assert_eq!(two().admissible(at(201), at(300)), [1]);
    }

    #[test]
    fn an_update_that_was_not_confirmed_leaves_both_open() {
        let mut versions = Versions::new(at(0));
        versions.write(at(100));
        assert_eq!(versions.admissible(at(9_000), at(9_001)), [1, 0]);
    }
}
