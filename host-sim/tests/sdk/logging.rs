//! What a plugin logs, prints and panics with.

use spiffe_authz_host_sim::{Callback, EndOfStream, LogLevel, Outcome, PluginSetup, TrapCause, Unexpected};

use crate::kit::{ask, start, try_start};

/// The levels and texts of what was logged when the plugin was configured.
fn lines(log_level: LogLevel) -> Vec<(LogLevel, String)> {
    let setup = PluginSetup {
        log_level,
        ..PluginSetup::default()
    };
    let logs = try_start("logging", setup).unwrap().logs();
    let configured = logs.iter().filter(|line| line.callback == Callback::Configure);
    configured
        .map(|line| (line.level, line.text().into_owned()))
        .collect()
}

#[test]
fn each_line_has_its_level_and_lighter_ones_are_not_kept() {
    let all = [
        (LogLevel::Trace, "at trace"),
        (LogLevel::Debug, "at debug"),
        (LogLevel::Info, "at info"),
        (LogLevel::Warn, "at warn"),
        (LogLevel::Error, "at error"),
        (LogLevel::Info, "printed"),
    ];
    let all = all.map(|(level, text)| (level, text.to_owned()));
    assert_eq!(lines(LogLevel::Trace), all);
    assert_eq!(lines(LogLevel::Error), all[4..5]);
}

#[test]
fn the_vm_has_a_configuration_of_its_own() -> Result<(), Unexpected> {
    let setup = PluginSetup {
        vm_configuration: b"shared".to_vec(),
        ..PluginSetup::default()
    };
    try_start("logging", setup)
        .unwrap()
        .expect_logged("VM: shared")
        .map(drop)
}

#[test]
fn the_access_log_knows_the_request_and_the_response() -> Result<(), Unexpected> {
    let mut plugin = start("logging");
    let (mut stream, outcome) = ask(&mut plugin, "/pay");
    outcome.expect_continue()?;
    stream
        .response_headers(&[(":status", "204")], EndOfStream::Yes)
        .expect_continue()?;
    stream.finish().unwrap();
    assert_eq!(plugin.expect_logged("/pay")?.text(), "/pay 204");
    Ok(())
}

#[test]
fn a_panic_is_a_trap_and_its_message_is_logged() -> Result<(), Unexpected> {
    let mut plugin = start("logging");
    let (_stream, outcome) = ask(&mut plugin, "/panic");
    let Outcome::Trapped(trap) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (trap.callback, trap.cause),
        (Callback::RequestHeaders, TrapCause::Unreachable)
    );
    let line = plugin.expect_logged("a path that nobody may ask for")?;
    assert_eq!(line.level, LogLevel::Critical);
    assert!(plugin.expect_alive().is_err());
    Ok(())
}

#[test]
fn a_configuration_that_names_no_area_is_refused() {
    let error = try_start("nothing", PluginSetup::default()).unwrap_err();
    assert!(
        error.to_string().contains("the configuration names no area"),
        "{error}"
    );
}
