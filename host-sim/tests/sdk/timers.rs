//! Ticks of a plugin's timer.

use std::time::Duration;

use spiffe_authz_host_sim::{Callback, Clock, EventError, PluginSetup, Unexpected};

use crate::kit::try_start;

#[test]
fn a_plugin_ticks_by_the_period_that_it_sets_until_it_stops() -> Result<(), Unexpected> {
    let setup = PluginSetup {
        clock: Clock::Fixed(Duration::from_secs(1)),
        ..PluginSetup::default()
    };
    let mut plugin = try_start("timers 250", setup).unwrap();
    assert!(!plugin.logged("tick"));
    plugin.advance(Duration::from_secs(1)).unwrap();
    for line in ["tick 1 at 1250 ms", "tick 2 at 1500 ms", "tick 3 at 1750 ms"] {
        plugin.expect_logged(line)?;
    }
    assert_eq!(plugin.costs().of(Callback::Tick).runs, 3);
    assert_eq!(plugin.tick(), Err(EventError::TimerOff));
    Ok(())
}

#[test]
fn a_period_that_is_no_number_is_refused() {
    let error = try_start("timers soon", PluginSetup::default()).unwrap_err();
    assert!(error.to_string().contains("no period in milliseconds"), "{error}");
}
