//! Data that all VMs of a process share.

use spiffe_authz_host_sim::{Plugin, PluginSetup, Unexpected};

use crate::kit::{ask, start, try_start};

/// The number that the plugin gave a request.
fn expect_number(plugin: &mut Plugin, number: &str) -> Result<(), Unexpected> {
    let (stream, outcome) = ask(plugin, "/");
    stream.explain(outcome.expect_continue())?;
    stream.expect_request_header("x-request-number", number)
}

#[test]
fn the_vms_of_a_process_count_together() -> Result<(), Unexpected> {
    let setup = PluginSetup::default();
    let [mut first, mut second] =
        [setup.clone(), setup].map(|setup| try_start("shared_data", setup).unwrap());
    expect_number(&mut first, "1")?;
    expect_number(&mut second, "2")?;
    expect_number(&mut first, "3")
}

#[test]
fn another_process_counts_for_itself() -> Result<(), Unexpected> {
    let [mut first, mut second] = [(); 2].map(|()| start("shared_data"));
    expect_number(&mut first, "1")?;
    expect_number(&mut second, "1")
}
