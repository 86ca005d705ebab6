//! Properties that plugins declare before they set them.

use std::collections::BTreeMap;

use crate::abi::Status;

/// What each context declared: paths, and whether each can be set only once.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    contexts: BTreeMap<u32, BTreeMap<Vec<u8>, bool>>,
}

impl Declared {
    /// Declares a property; a context can do so only once for each.
    pub(crate) fn declare(&mut self, context: u32, path: &[u8], readonly: bool) -> Result<(), Status> {
        let properties = self.contexts.entry(context).or_default();
        if properties.contains_key(path) {
            return Err(Status::BadArgument);
        }
        properties.insert(path.to_vec(), readonly);
        Ok(())
    }

    /// Whether this root context declared that the property can be set only once; what streams declare has no effect, as in Envoy.
    pub(crate) fn is_readonly(&self, root: u32, path: &[u8]) -> bool {
        let declared = self.contexts.get(&root).and_then(|paths| paths.get(path));
        declared.copied().unwrap_or(false)
    }

    /// Drops what a context declared.
    pub(crate) fn forget(&mut self, context: u32) {
        self.contexts.remove(&context);
    }
}
