//! The upstreams that a plugin can call.

use std::collections::BTreeMap;

/// The clusters of the proxy's configuration, by name. None is there unless a test adds it: a call to an unknown one is
/// refused, as in Envoy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clusters {
    known: BTreeMap<String, Reach>,
}

/// What becomes of a call to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It goes out, and the test answers it.
    Answers,
    /// There is nobody to send it to.
    NoHost,
}

impl Clusters {
    /// No clusters.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            known: BTreeMap::new(),
        }
    }

    /// Adds a cluster that takes calls: they wait until the test answers them.
    #[must_use]
    pub fn with(self, name: impl Into<String>) -> Self {
        self.add(name.into(), Reach::Answers)
    }

    /// Adds a cluster without a host: a call to it fails in the hostcall already.
    #[must_use]
    pub fn with_no_host(self, name: impl Into<String>) -> Self {
        self.add(name.into(), Reach::NoHost)
    }

    fn add(mut self, name: String, reach: Reach) -> Self {
        self.known.insert(name, reach);
        self
    }

    /// The cluster of this name, as the guest gave it.
    pub(crate) fn find(&self, name: &[u8]) -> Option<(&str, Reach)> {
        let name = str::from_utf8(name).ok()?;
        let (name, reach) = self.known.get_key_value(name)?;
        Some((name, *reach))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_found_by_its_whole_name() {
        let clusters = Clusters::new().with("keys").with_no_host("empty");
        assert_eq!(clusters.find(b"keys"), Some(("keys", Reach::Answers)));
        assert_eq!(clusters.find(b"empty"), Some(("empty", Reach::NoHost)));
        for name in [&b"key"[..], b"keys\0", b"Keys", b"\xff", b""] {
            assert_eq!(clusters.find(name), None, "{name:?}");
        }
    }
}
