//! The key of filter state under which Envoy keeps what a plugin sets.

/// What Envoy puts before the path of a property that a plugin sets, to make it a key of filter state.
const FILTER_STATE_PREFIX: &[u8] = b"wasm.";

/// The key for a path that the plugin set.
pub(crate) fn filter_state_key(path: &[u8]) -> Vec<u8> {
    [FILTER_STATE_PREFIX, path].concat()
}
