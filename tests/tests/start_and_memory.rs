//! What a large configuration costs the VM of the filter: its memory, and the work of reading it.

use std::fmt::Write as _;
use std::fs;
use std::sync::LazyLock;

use spiffe_authz_host_sim::{Callback, Limits, Module, Plugin, PluginSetup, Simulator};
use spiffe_authz_tests::workspace;

const RULES: usize = 100_000;
const RULES_OF_A_POLICY: usize = 512;
const MIB: usize = 1 << 20;

/// What a VM may take with [`RULES`] simple rules in force.
const MOST_AT_START: usize = 40 * MIB;
/// What it may take when it has read one configuration after another: while a new one is read, the text and both sets are
/// there, for the last good one stays in force until the new one is.
const MOST_WITH_UPDATES: usize = 56 * MIB;
/// What a later update may add, in holes between the pieces: a set that is kept would be five times as much.
const MOST_LOST: usize = 4 * MIB;

/// Compiled once. Reading a large configuration takes more fuel than any callback of the other tests.
static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let wasm = fs::read(workspace::filter_wasm().unwrap()).unwrap();
    let limits = Limits {
        fuel_per_callback: u64::MAX,
        ..Limits::default()
    };
    Simulator::new(limits).unwrap().module(&wasm).unwrap()
});

/// ALLOW policies of as many rules as a policy may have, and of one principal in each rule.
fn configuration(rules: usize, namespace: &str) -> Vec<u8> {
    let mut json = String::from(r#"{"workload":{"namespace":"shop"},"resources":["#);
    for first in (0..rules).step_by(RULES_OF_A_POLICY) {
        let comma = if first == 0 { "" } else { "," };
        let head = r#""apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy""#;
        let metadata = format!(r#""metadata":{{"name":"from-{first:06}","namespace":"shop"}}"#);
        write!(json, r#"{comma}{{{head},{metadata},"spec":{{"rules":["#).unwrap();
        for number in first..rules.min(first + RULES_OF_A_POLICY) {
            let comma = if number == first { "" } else { "," };
            let principal = format!("cluster.local/ns/{namespace}{number:06}/sa/s{number:06}");
            write!(
                json,
                r#"{comma}{{"from":[{{"source":{{"principals":["{principal}"]}}}}]}}"#
            )
            .unwrap();
        }
        json.push_str("]}}");
    }
    json.push_str("]}");
    json.into_bytes()
}

fn start(plugin_configuration: Vec<u8>) -> Plugin {
    let setup = PluginSetup {
        plugin_configuration,
        ..PluginSetup::default()
    };
    Plugin::start(&MODULE, setup).unwrap()
}

#[test]
fn a_hundred_thousand_simple_rules_take_at_most_40_mib() {
    let plugin = start(configuration(RULES, "n"));
    let bytes = plugin.memory_bytes();
    assert!(bytes <= MOST_AT_START, "{bytes} bytes");
}

#[test]
fn an_update_frees_the_old_set() {
    let sets = [configuration(RULES, "n"), configuration(RULES, "m")];
    let mut plugin = start(sets[0].clone());
    let mut bytes = Vec::new();
    for update in 1..=5 {
        plugin.reconfigure(sets[update % 2].clone()).unwrap();
        bytes.push(plugin.memory_bytes());
    }
    assert!(bytes[4] <= MOST_WITH_UPDATES, "{bytes:?}");
    assert!(bytes[4] <= bytes[2] + MOST_LOST, "{bytes:?}");
}

#[test]
fn a_refused_update_leaves_nothing_behind() {
    let mut broken = configuration(RULES, "m");
    broken.truncate(broken.len() - 2);
    broken.extend_from_slice(br#",{}]}"#);
    let mut plugin = start(configuration(RULES, "n"));
    let bytes: Vec<usize> = (0..3)
        .map(|_| {
            plugin.reconfigure(broken.clone()).unwrap_err();
            plugin.memory_bytes()
        })
        .collect();
    assert!(bytes[2] <= MOST_WITH_UPDATES, "{bytes:?}");
    assert!(bytes[2] <= bytes[1] + MOST_LOST, "{bytes:?}");
}

#[test]
fn the_work_of_reading_a_configuration_grows_as_its_rules() {
    let fuel = |rules| start(configuration(rules, "n")).fuel(Callback::Configure);
    let (few, many) = (fuel(RULES / 10), fuel(RULES));
    assert!(many <= few * 12, "{few} units for a tenth, {many} for all");
}
