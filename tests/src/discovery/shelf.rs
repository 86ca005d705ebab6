//! [`Shelf`]: the resources that a server has, each with its version.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost_types::Any;
use tokio::sync::watch;

/// Counts what was published; the first is 1.
pub type Version = u64;

/// A named resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// What it is.
    pub message: Any,
}

/// What lies on a shelf at one moment.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The version of the last change.
    pub version: Version,
    /// By name, each with the version that it came with.
    pub resources: BTreeMap<String, (Version, Arc<Any>)>,
}

/// Resources of one kind. Whoever follows it sees the latest of each.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<watch::Sender<Contents>>);

impl Default for Shelf {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Contents::default())))
    }
}

impl Shelf {
    /// Puts a resource there, in the place of one of its name; the version that it has.
    pub fn publish(&self, resource: Resource) -> Version {
        let mut version = 0;
        self.0.send_modify(|contents| {
            contents.version += 1;
            version = contents.version;
            let entry = (version, Arc::new(resource.message));
            contents.resources.insert(resource.name, entry);
        });
        version
    }

    /// Sees every change from now on.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Contents> {
        self.0.subscribe()
    }
}
