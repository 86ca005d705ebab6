//! Metrics of a plugin.

use spiffe_authz_host_sim::Unexpected;

use crate::kit::{ask, start};

#[test]
fn requests_are_counted_while_and_after_they_run() -> Result<(), Unexpected> {
    let mut plugin = start("metrics");
    plugin.expect_counter("sdk.requests", 0)?;
    let (first, _) = ask(&mut plugin, "/a");
    let (mut second, _) = ask(&mut plugin, "/long/path");
    first.expect_request_header("x-request-number", "1")?;
    second.expect_request_header("x-request-number", "2")?;
    plugin.expect_gauge("sdk.in_flight", 2)?;
    second.finish().unwrap();
    plugin.expect_gauge("sdk.in_flight", 1)?;
    plugin.expect_counter("sdk.requests", 2)?;
    assert_eq!(plugin.metrics().histogram("sdk.path_lengths"), Some(&[2, 10][..]));
    Ok(())
}
