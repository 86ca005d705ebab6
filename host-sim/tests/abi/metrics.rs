//! Metrics.

use spiffe_authz_host_sim::{MetricValue, PluginSetup, Properties};

use crate::guest::{Guest, said, said_on_get, say_status};

/// A plugin that defines a metric of this kind at configure (its id at address 32) and then runs `body`.
fn with_metric(kind: u32, body: &str) -> Guest {
    let mut guest = Guest::new();
    let name = guest.bytes(b"requests_total");
    let define = say_status(&format!(
        "(call $define_metric (i32.const {kind}) {name} (i32.const 32))"
    ));
    guest.on_configure(&format!("{define} {body}"))
}

fn increment(offset: i64) -> String {
    say_status(&format!(
        "(call $increment_metric (i32.load (i32.const 32)) (i64.const {offset}))"
    ))
}

fn record(value: u64) -> String {
    say_status(&format!(
        "(call $record_metric (i32.load (i32.const 32)) (i64.const {value}))"
    ))
}

const VALUE: &str = "(call $say_number (call $get_metric (i32.load (i32.const 32)) (i32.const 40)))";

#[test]
fn a_counter_counts_and_refuses_to_go_down() {
    let body = [
        increment(2),
        increment(-1),
        increment(0),
        record(3),
        VALUE.to_owned(),
    ]
    .concat();
    let plugin = with_metric(0, &body).start();
    assert_eq!(said(&plugin), ["00", "00", "02", "02", "00", "00"]);
    assert_eq!(plugin.metrics().counter("requests_total"), Some(5));
}

#[test]
fn a_gauge_is_set_and_goes_both_ways() {
    let body = [record(7), increment(-3), increment(1), VALUE.to_owned()].concat();
    let plugin = with_metric(1, &body).start();
    assert_eq!(said(&plugin), ["00"; 5]);
    assert_eq!(plugin.metrics().gauge("requests_total"), Some(5));
    assert_eq!(plugin.metrics().counter("requests_total"), None);
}

#[test]
fn a_histogram_takes_samples_and_has_no_value() {
    let body = [record(7), record(3), increment(1), VALUE.to_owned()].concat();
    let plugin = with_metric(2, &body).start();
    assert_eq!(said(&plugin), ["00", "00", "00", "02", "02"]);
    assert_eq!(plugin.metrics().histogram("requests_total"), Some(&[7, 3][..]));
}

#[test]
fn a_plugin_reads_back_what_it_counted() {
    let body = format!(
        "{} {VALUE} (call $say (i32.const 40) (i32.const 8))",
        increment(258)
    );
    let plugin = with_metric(0, &body).start();
    assert_eq!(said(&plugin)[3], r"\x02\x01\x00\x00\x00\x00\x00\x00");
}

#[test]
fn streams_share_the_metrics_of_their_plugin() {
    let mut plugin = with_metric(0, "").on_request(&increment(1)).start();
    for _ in 0..3 {
        assert_eq!(said_on_get(&mut plugin, Properties::new()), ["00"]);
    }
    assert_eq!(
        plugin.metrics().iter().collect::<Vec<_>>(),
        [("requests_total".into(), &MetricValue::Counter(3))]
    );
}

#[test]
fn a_metric_that_is_defined_again_is_the_same_one_under_another_id() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"requests_total");
    let define = format!("(drop (call $define_metric (i32.const 0) {name} (i32.const 32)))");
    let body = [
        define.as_str(),
        "(call $say_number (i32.load (i32.const 32)))",
        &increment(1),
        &define,
        "(call $say_number (i32.load (i32.const 32)))",
        &increment(2),
    ];
    let plugin = guest.on_configure(&body.concat()).start();
    assert_eq!(said(&plugin), ["04", "00", "08", "00"]);
    assert_eq!(plugin.metrics().counter("requests_total"), Some(3));
}

#[test]
fn all_vms_of_a_process_share_its_metrics() {
    let setup = PluginSetup::default();
    let [first, second] = ["a", "b"].map(|vm_id| PluginSetup {
        vm_id: vm_id.to_owned(),
        ..setup.clone()
    });
    let guest = with_metric(0, &increment(1));
    let first = guest.try_start(first).unwrap();
    let second = guest.try_start(second).unwrap();
    let stranger = guest.start();
    assert_eq!(said(&second), ["00", "00"]);
    assert_eq!(first.metrics().counter("requests_total"), Some(2));
    assert_eq!(stranger.metrics().counter("requests_total"), Some(1));
    drop((first, second));
    assert_eq!(setup.process.metrics().counter("requests_total"), Some(2));
}

#[test]
fn a_vm_does_not_know_the_ids_of_another() {
    let setup = PluginSetup::default();
    let _first = with_metric(0, "").try_start(setup.clone()).unwrap();
    let body = say_status("(call $increment_metric (i32.const 4) (i64.const 1))");
    let second = Guest::new().on_configure(&body).try_start(setup).unwrap();
    assert_eq!(said(&second), ["01"]);
}

#[test]
fn a_new_configuration_goes_on_with_the_same_metric() {
    let mut plugin = with_metric(0, &increment(1)).start();
    plugin.reconfigure(*b"again").unwrap();
    assert_eq!(plugin.metrics().counter("requests_total"), Some(2));
}

#[test]
fn an_unknown_kind_is_a_bad_argument_and_an_unknown_id_is_not_found() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"x");
    let body = [
        say_status(&format!(
            "(call $define_metric (i32.const 3) {name} (i32.const 32))"
        )),
        say_status("(call $increment_metric (i32.const 400) (i64.const 1))"),
        say_status("(call $record_metric (i32.const 400) (i64.const 1))"),
        say_status("(call $get_metric (i32.const 400) (i32.const 32))"),
    ];
    assert_eq!(
        said(&guest.on_configure(&body.concat()).start()),
        ["02", "01", "01", "01"]
    );
}
