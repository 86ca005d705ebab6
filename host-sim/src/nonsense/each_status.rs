//! Every status at every hostcall, one after the other.

use std::fmt;

use crate::abi::Status;
use crate::abi_version::AbiVersion;
use crate::nonsense::{Lie, Nonsense};

/// A hostcall that is not served but answered with a status; `Ok` claims that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusLie {
    /// The hostcall's name.
    pub hostcall: &'static str,
    /// What it is answered.
    pub status: Status,
}

impl StatusLie {
    /// Tells it at one call of the hostcall; `nth` counts from 0.
    #[must_use]
    pub fn at(self, nth: u64) -> Nonsense {
        Nonsense::default().status_at(self.hostcall, nth, self.status)
    }

    /// Tells it at every call of the hostcall.
    #[must_use]
    pub fn always(self) -> Nonsense {
        Nonsense::default().lie_always(self.hostcall, Lie::NotServed(self.status.number()))
    }
}

impl fmt::Display for StatusLie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` answers {:?}", self.hostcall, self.status)
    }
}

pub(super) fn each_status() -> impl Iterator<Item = StatusLie> {
    AbiVersion::all_hostcalls().flat_map(|hostcall| {
        Status::ALL
            .into_iter()
            .map(move |status| StatusLie { hostcall, status })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_pair_comes_once() {
        let pairs: Vec<_> = each_status().map(|lie| lie.to_string()).collect();
        assert_eq!(pairs.len(), AbiVersion::all_hostcalls().count() * 13);
        assert_eq!(pairs.len(), pairs.iter().collect::<BTreeSet<_>>().len());
        assert!(pairs.contains(&"`proxy_get_property` answers NotFound".to_owned()));
    }
}
