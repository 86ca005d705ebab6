//! Timers of root contexts, and time as a test moves it.

use std::time::Duration;

use spiffe_authz_host_sim::{
    Callback, Clock, EventError, Outcome, Plugin, PluginSetup, Properties, Trap, TrapCause,
};

use crate::guest::{Guest, get, said};

const MILLISECOND: Duration = Duration::from_millis(1);

fn period(milliseconds: u32) -> String {
    format!("(call $say_number (call $set_period (i32.const {milliseconds})))")
}

/// Logs the context and, in milliseconds, the time.
const SAY_TIME: &str = "(call $say_number (local.get 0)) (drop (call $get_time (i32.const 32))) \
    (call $say_number (i32.wrap_i64 (i64.div_u (i64.load (i32.const 32)) (i64.const 1000000))))";

fn setup() -> PluginSetup {
    PluginSetup {
        clock: Clock::Fixed(Duration::ZERO),
        ..PluginSetup::default()
    }
}

fn on_tick(guest: Guest, body: &str) -> Plugin {
    guest
        .export("proxy_on_tick", "(param i32)", body)
        .try_start(setup())
        .unwrap()
}

/// A plugin that sets this period when it is configured, and does this on a tick.
fn ticking(milliseconds: u32, body: &str) -> Plugin {
    let mut plugin = on_tick(Guest::new().on_configure(&period(milliseconds)), body);
    assert_eq!(said(&plugin), ["00"]);
    plugin.take_logs();
    plugin
}

#[test]
fn ticks_come_after_each_period_and_the_clock_moves_along() {
    let mut plugin = ticking(20, SAY_TIME);
    plugin.advance(19 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin), [""; 0]);
    plugin.advance(42 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin), ["01", "20", "01", "40", "01", "60"]);
}

#[test]
fn a_period_of_0_turns_the_timer_off() {
    let mut plugin = ticking(10, &format!("{SAY_TIME} {}", period(0)));
    plugin.advance(99 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin), ["01", "10", "00"]);
    assert_eq!(plugin.tick(), Err(EventError::TimerOff));
}

#[test]
fn a_tick_can_set_another_period_from_then_on() {
    let mut plugin = ticking(10, &format!("{SAY_TIME} {}", period(30)));
    plugin.advance(75 * MILLISECOND).unwrap();
    assert_eq!(
        said(&plugin),
        ["01", "10", "00", "01", "40", "00", "01", "70", "00"]
    );
}

#[test]
fn a_stream_sets_the_timer_of_its_root_and_begins_it_anew() {
    let mut plugin = on_tick(Guest::new().on_request(&period(10)), SAY_TIME);
    assert_eq!(plugin.tick(), Err(EventError::TimerOff));
    for _ in 0..2 {
        assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
        plugin.advance(6 * MILLISECOND).unwrap();
    }
    plugin.take_logs();
    plugin.advance(4 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin), ["01", "16"]);
}

#[test]
fn a_tick_that_the_test_makes_begins_the_next_period_and_moves_no_time() {
    let mut plugin = ticking(10, SAY_TIME);
    plugin.advance(7 * MILLISECOND).unwrap();
    plugin.tick().unwrap();
    assert_eq!(said(&plugin), ["01", "07"]);
    plugin.advance(10 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin)[2..], ["01", "17"]);
}

#[test]
fn with_the_clock_of_the_system_ticks_come_by_what_was_advanced() {
    let guest = Guest::new().on_configure(&period(60_000));
    let guest = guest.export("proxy_on_tick", "(param i32)", "(call $say_number (local.get 0))");
    let mut plugin = guest.start();
    plugin.take_logs();
    plugin.advance(Duration::from_secs(119)).unwrap();
    plugin.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(said(&plugin), ["01", "01"]);
}

#[test]
fn each_root_context_has_its_timer_and_an_old_one_keeps_it_while_it_lives() {
    let mut plugin = ticking(10, "(call $say_number (local.get 0))");
    let mut stream = plugin.http_stream(Properties::new());
    plugin.reconfigure("other").unwrap();
    plugin.take_logs();
    plugin.advance(10 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin), ["01", "03"]);
    stream.finish().unwrap();
    plugin.advance(10 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin)[2..], ["03"]);
}

#[test]
fn a_root_that_asks_for_more_time_keeps_its_timer() {
    let guest = Guest::new().on_configure(&period(10));
    let guest = guest.export("proxy_on_done", "(param i32) (result i32)", "(i32.const 0)");
    let mut plugin = on_tick(guest, "(call $say_number (local.get 0))");
    plugin.reconfigure("other").unwrap();
    plugin.take_logs();
    plugin.advance(10 * MILLISECOND).unwrap();
    assert_eq!(said(&plugin), ["01", "02"]);
}

#[test]
fn a_plugin_without_the_callback_has_no_ticks() {
    let mut plugin = Guest::new().on_configure(&period(1)).try_start(setup()).unwrap();
    plugin.advance(Duration::from_secs(1_000)).unwrap();
    assert_eq!(plugin.fuel(Callback::Tick), 0);
}

#[test]
fn too_many_events_are_an_error_and_time_stands_at_the_last() {
    let mut plugin = ticking(1, "");
    let elapsed = Duration::from_secs(100);
    let error = plugin.advance(Duration::from_secs(1_000)).unwrap_err();
    assert_eq!(
        error,
        EventError::TooManyEvents {
            limit: 100_000,
            elapsed
        }
    );
    plugin.advance(MILLISECOND).unwrap();
}

#[test]
fn a_trap_in_a_tick_fails_the_vm_and_ends_the_advance() {
    let mut plugin = ticking(10, "(unreachable)");
    let trap = Trap {
        callback: Callback::Tick,
        cause: TrapCause::Unreachable,
    };
    let second = Duration::from_secs(1);
    assert_eq!(plugin.advance(second), Err(EventError::Trapped(trap.clone())));
    assert_eq!(plugin.advance(second), Err(EventError::Failed(trap.clone())));
    assert_eq!(plugin.tick(), Err(EventError::Failed(trap)));
}
