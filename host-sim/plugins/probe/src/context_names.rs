//! Contexts by names that are the same in every host: their numbers need not be.

use std::collections::BTreeMap;

/// The names of the contexts so far; one that is gone keeps its own.
#[derive(Default)]
pub(crate) struct ContextNames {
    /// By number: the name, and the root that it belongs to.
    known: BTreeMap<u32, (String, u32)>,
    roots: u32,
    streams: u32,
}

impl ContextNames {
    /// Names a context; `root` is 0 for a root context.
    pub(crate) fn begin(&mut self, context: u32, root: u32) {
        let (name, root) = if root == 0 {
            self.roots += 1;
            (format!("r{}", self.roots), context)
        } else {
            self.streams += 1;
            (format!("s{}", self.streams), root)
        };
        self.known.insert(context, (name, root));
    }

    pub(crate) fn name(&self, context: u32) -> String {
        self.known
            .get(&context)
            .map_or_else(|| "unknown".to_owned(), |(name, _)| name.clone())
    }

    pub(crate) fn context(&self, name: &str) -> Option<u32> {
        let found = self.known.iter().find(|(_, (known, _))| known == name);
        found.map(|(context, _)| *context)
    }

    /// The root of a context.
    pub(crate) fn root(&self, context: u32) -> u32 {
        self.known.get(&context).map_or(context, |(_, root)| *root)
    }
}
