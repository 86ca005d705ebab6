//! Queues between VMs.

use spiffe_authz_host_sim::{PluginSetup, Process, Unexpected};

use crate::kit::{ask, start, try_start};

#[test]
fn what_a_stream_leaves_in_a_queue_reaches_the_root() -> Result<(), Unexpected> {
    let mut plugin = start("queues");
    for path in ["/a", "/b"] {
        let (stream, outcome) = ask(&mut plugin, path);
        stream.explain(outcome.expect_continue())?;
        stream.expect_request_header("x-other-queue", "no")?;
    }
    assert!(!plugin.logged("path"), "nothing happens by itself");
    plugin.deliver_queues().unwrap();
    plugin.expect_logged("path: /a")?;
    plugin.expect_logged("path: /b").map(drop)
}

#[test]
fn a_queue_is_found_by_the_vm_that_registered_it() -> Result<(), Unexpected> {
    let process = Process::new();
    let [mut one, _another] = ["one", "another"].map(|vm_id| {
        let (vm_id, process) = (vm_id.to_owned(), process.clone());
        try_start(
            "queues",
            PluginSetup {
                vm_id,
                process,
                ..PluginSetup::default()
            },
        )
        .unwrap()
    });
    let (stream, _) = ask(&mut one, "/");
    stream.expect_request_header("x-other-queue", "yes")
}
