//! What the probe remembers between callbacks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::context_names::ContextNames;
use crate::script::Script;

/// What a hostcall gave.
#[derive(Clone)]
pub(crate) enum Value {
    Number(i64),
    Bytes(Vec<u8>),
    /// A null address, and a length beside it.
    Nowhere(u32),
    /// An address outside of the memory, and a length beside it.
    Wild(u32),
}

#[derive(Default)]
struct State {
    names: ContextNames,
    scripts: BTreeMap<u32, Rc<Script>>,
    stored: BTreeMap<String, Value>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Names a new context.
pub(crate) fn begin(context: u32, root: u32) {
    STATE.with_borrow_mut(|state| state.names.begin(context, root));
}

/// The name of a context: `r1` for the first root, `s1` for the first stream.
pub(crate) fn name(context: u32) -> String {
    STATE.with_borrow(|state| state.names.name(context))
}

/// The context of a name.
pub(crate) fn context(name: &str) -> Option<u32> {
    STATE.with_borrow(|state| state.names.context(name))
}

/// Gives a root its script.
pub(crate) fn set_script(root: u32, script: Script) {
    STATE.with_borrow_mut(|state| state.scripts.insert(root, Rc::new(script)));
}

/// The script of a root, or of a stream's root.
pub(crate) fn script(context: u32) -> Option<Rc<Script>> {
    STATE.with_borrow(|state| state.scripts.get(&state.names.root(context)).cloned())
}

/// Stores what a hostcall gave.
pub(crate) fn store(name: &str, value: Value) {
    STATE.with_borrow_mut(|state| state.stored.insert(name.to_owned(), value));
}

/// What is stored under a name.
pub(crate) fn stored(name: &str) -> Option<Value> {
    STATE.with_borrow(|state| state.stored.get(name).cloned())
}

/// The name under which this number is stored, as the log shows it.
pub(crate) fn known_number(number: i64) -> Option<String> {
    STATE.with_borrow(|state| {
        let known = state
            .stored
            .iter()
            .find(|(_, value)| matches!(value, Value::Number(known) if *known == number));
        known.map(|(name, _)| format!("${name}"))
    })
}
