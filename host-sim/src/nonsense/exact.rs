//! Lies that are told at a named hostcall.

use crate::nonsense::Lie;

/// One lie, and when it is told.
#[derive(Debug, Clone)]
pub(super) struct Exact {
    hostcall: &'static str,
    when: When,
    lie: Lie,
}

#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    /// After this many calls more.
    After(u64),
    Told,
}

impl Exact {
    pub(super) const fn always(hostcall: &'static str, lie: Lie) -> Self {
        Self {
            hostcall,
            when: When::Always,
            lie,
        }
    }

    pub(super) const fn nth(hostcall: &'static str, nth: u64, lie: Lie) -> Self {
        Self {
            hostcall,
            when: When::After(nth),
            lie,
        }
    }

    /// Counts a call; whether this is the one.
    const fn is_due(&mut self) -> bool {
        let (due, next) = match self.when {
            When::Always => (true, When::Always),
            When::After(0) => (true, When::Told),
            When::After(calls) => (false, When::After(calls.saturating_sub(1))),
            When::Told => (false, When::Told),
        };
        self.when = next;
        due
    }
}

/// The lie for a call of this hostcall: all that are meant for it count the call, and the first that is due is told.
pub(super) fn of(lies: &mut [Exact], hostcall: &str) -> Option<Lie> {
    let of_call = lies.iter_mut().filter(|exact| exact.hostcall == hostcall);
    let due = of_call.filter_map(|exact| exact.is_due().then(|| exact.lie.clone()));
    due.fold(None, |first, lie| first.or(Some(lie)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_counted_for_every_lie_about_it() {
        let mut lies = [
            Exact::nth("a", 1, Lie::Status(1)),
            Exact::nth("a", 1, Lie::Status(2)),
            Exact::nth("a", 2, Lie::Status(3)),
            Exact::nth("b", 0, Lie::Status(4)),
        ];
        let mut told = |hostcall| of(&mut lies, hostcall);
        assert_eq!(told("a"), None);
        assert_eq!(told("a"), Some(Lie::Status(1)));
        assert_eq!(told("b"), Some(Lie::Status(4)));
        assert_eq!(told("a"), Some(Lie::Status(3)));
        assert_eq!((told("a"), told("b")), (None, None));
    }

    #[test]
    fn a_lie_that_is_always_told_does_not_end() {
        let mut lies = [Exact::always("a", Lie::EmptyBuffer)];
        for _ in 0..3 {
            assert_eq!(of(&mut lies, "a"), Some(Lie::EmptyBuffer));
        }
    }
}
