//! Root contexts that ask for more time when they are to end.

use crate::chronicle::{PASS, chronicle, chronicler};
use crate::guest::{Guest, said, say_status};

const NOT_YET: (&str, &str, &str) = ("done", "", PASS);
const DONE: &str = "(call $say_number (call $done))";

#[test]
fn a_root_that_is_not_done_is_deleted_when_it_says_so() {
    let done_by_the_old = format!("(call $say_number (call $set_context (i32.const 1))) {DONE} {DONE}");
    let mut plugin = chronicler(Guest::new(), &[NOT_YET, ("tick", &done_by_the_old, "")]);
    plugin.reconfigure("x").unwrap();
    assert_eq!(chronicle(&mut plugin)[2..], ["done 01"]);
    plugin.tick().unwrap();
    assert_eq!(chronicle(&mut plugin), ["tick 02 00 00 01", "delete 01"]);
    plugin.tick().unwrap();
    assert_eq!(
        chronicle(&mut plugin),
        ["tick 02 02 01 01"],
        "it is no longer there"
    );
}

#[test]
fn a_root_that_was_not_asked_cannot_be_done() {
    let body = say_status("(call $done)");
    assert_eq!(said(&Guest::new().on_configure(&body).start()), ["01"]);
}

#[test]
fn a_root_that_says_it_is_done_while_it_is_asked_is_not_heard() {
    let mut plugin = chronicler(Guest::new(), &[("done", DONE, PASS)]);
    plugin.reconfigure("x").unwrap();
    assert_eq!(chronicle(&mut plugin)[2..], ["done 01 01"]);
}
