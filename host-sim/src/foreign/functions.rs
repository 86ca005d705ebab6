//! [`ForeignFunctions`]: functions that a test gives to plugins.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::abi::Status;

/// A function of a test.
pub(crate) type Function = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, Status> + Send + Sync>;

/// The functions that a plugin can call by name besides Envoy's own; one with the name of Envoy's takes its place.
#[derive(Clone, Default)]
pub struct ForeignFunctions {
    functions: BTreeMap<Vec<u8>, Function>,
}

impl fmt::Debug for ForeignFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.functions.keys().map(|name| String::from_utf8_lossy(name));
        f.debug_set().entries(names).finish()
    }
}

impl ForeignFunctions {
    /// No functions but Envoy's own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function: it gets the bytes that the plugin passes, and gives the plugin bytes or a status. No bytes are handed over
    /// as a null pointer and size 0.
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<Vec<u8>>,
        function: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + Send + Sync + 'static,
    ) -> Self {
        self.functions.insert(name.into(), Arc::new(function));
        self
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<Function> {
        self.functions.get(name).cloned()
    }
}
