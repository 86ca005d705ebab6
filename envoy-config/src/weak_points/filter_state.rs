//! Who writes filter state: nobody but the filter may write the interlock's word.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::{Findings, WeakPoint};
use crate::{direct_address, interlock};

const SET_FILTER_STATE: &str = "envoy.extensions.filters.network.set_filter_state.v3.Config";
const DIRECT_ADDRESS: &str = "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%";

/// Every `set_filter_state`, whatever it is a part of, names its key so.
pub(super) fn look_at(listener: &Cursor<'_>, findings: &mut Findings) {
    for place in listener.all() {
        if place.has_text("object_key", interlock::FILTER_STATE_KEY) {
            findings.add(WeakPoint::WordFromElsewhere, &place);
        }
    }
}

/// Whether this network filter writes the address at the other end of the connection, and nothing in its place.
pub(super) fn writes_direct_address(filter: &Cursor<'_>) -> bool {
    let Some(config) = filter.field("typed_config") else {
        return false;
    };
    let writes = config.items("on_new_connection");
    let mut of_key = writes
        .iter()
        .filter(|write| write.has_text("object_key", direct_address::FILTER_STATE_KEY))
        .peekable();
    config.is_of_type(SET_FILTER_STATE) && of_key.peek().is_some() && of_key.all(writes_the_fact)
}

fn writes_the_fact(write: &Cursor<'_>) -> bool {
    let format = write.path(&["format_string", "text_format_source"]);
    write.has_text("factory_key", "envoy.string")
        && format.is_some_and(|format| format.has_text("inline_string", DIRECT_ADDRESS))
}
