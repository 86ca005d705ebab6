//! Several plugins in one VM: each with a root context, a configuration and streams of its own.

use spiffe_authz_host_sim::{Callback, Outcome, Plugin, PluginFailure, PluginSetup, Properties};

use crate::guest::{Guest, SLOT, get, said};

fn setup(root_id: &str, configuration: &str) -> PluginSetup {
    PluginSetup {
        name: format!("name-{root_id}"),
        root_id: root_id.to_owned(),
        vm_id: "shared".to_owned(),
        plugin_configuration: configuration.into(),
        properties: Properties::new().string(["xds", "route_name"], format!("route-{root_id}")),
        ..PluginSetup::default()
    }
}

/// Logs the number of its callback and the callback's context, for the life of a root context and of a stream.
fn numbering() -> Guest {
    let callbacks = [
        ("proxy_on_context_create", "(param i32 i32)"),
        ("proxy_on_vm_start", "(param i32 i32) (result i32)"),
        ("proxy_on_configure", "(param i32 i32) (result i32)"),
        ("proxy_on_request_headers", "(param i32 i32 i32) (result i32)"),
        ("proxy_on_done", "(param i32) (result i32)"),
        ("proxy_on_delete", "(param i32)"),
    ];
    let mut guest = Guest::new();
    for (export, signature) in callbacks {
        let name = guest.bytes(export.trim_start_matches("proxy_on_").as_bytes());
        let result = match (signature.contains("result"), export) {
            (false, _) => "",
            (true, "proxy_on_request_headers") => "(i32.const 0)",
            (true, _) => "(i32.const 1)",
        };
        let body = format!("(call $say {name}) (call $say_number (local.get 0)) {result}");
        guest = guest.export(export, signature, &body);
    }
    guest
}

/// What a numbering plugin said, one string a callback.
fn told(plugin: &mut Plugin) -> Vec<String> {
    let lines = said(plugin);
    plugin.take_logs();
    lines.chunks(2).map(|pair| pair.join(" ")).collect()
}

fn two(guest: &Guest) -> (Plugin, Plugin) {
    let first = guest.try_start(setup("one", "1")).unwrap();
    let second = first.join(setup("two", "2")).unwrap();
    (first, second)
}

#[test]
fn a_second_plugin_is_a_second_root_that_is_created_started_and_configured() {
    let (mut first, _second) = two(&numbering());
    let expected = [
        "context_create 01",
        "vm_start 01",
        "configure 01",
        "context_create 02",
        "vm_start 02",
        "configure 02",
    ];
    assert_eq!(told(&mut first), expected);
}

#[test]
fn the_module_is_initialized_once_for_all_plugins() {
    let guest = Guest::new().export("_initialize", "", "(call $say_number (i32.const 7))");
    let (first, _second) = two(&guest);
    assert_eq!(said(&first), ["07"]);
}

/// Logs three properties and the plugin's configuration where it is configured, and the properties again for a request.
fn introspective() -> Guest {
    let mut guest = Guest::new();
    let properties: String = [
        &["plugin_name"][..],
        &["plugin_root_id"],
        &["plugin_vm_id"],
        &["xds", "route_name"],
    ]
    .into_iter()
    .map(|path| {
        let path = guest.path(path);
        format!("(drop (call $get_property {path} {SLOT})) (call $say_slot)")
    })
    .collect();
    let configuration = format!(
        "(drop (call $get_buffer (i32.const 7) (i32.const 0) (i32.const 99) {SLOT})) (call $say_slot)"
    );
    guest
        .on_configure(&format!("{properties} {configuration}"))
        .on_request(&properties)
}

#[test]
fn each_plugin_has_its_own_names_properties_and_configuration_and_shares_the_vm_id() {
    let (first, _second) = two(&introspective());
    let expected = [
        "name-one",
        "one",
        "shared",
        "route-one",
        "1",
        "name-two",
        "two",
        "shared",
        "route-two",
        "2",
    ];
    assert_eq!(said(&first), expected);
}

#[test]
fn a_stream_has_the_names_of_the_plugin_that_it_belongs_to() {
    let (mut first, mut second) = two(&introspective());
    for (plugin, root_id) in [(&mut first, "one"), (&mut second, "two")] {
        plugin.take_logs();
        get(&mut plugin.http_stream(Properties::new()));
        assert_eq!(said(plugin)[1], root_id);
    }
}

#[test]
fn a_stream_is_made_with_the_root_of_its_plugin_as_parent() {
    let guest = Guest::new().export(
        "proxy_on_context_create",
        "(param i32 i32)",
        "(call $say_number (local.get 1))",
    );
    let (mut first, mut second) = two(&guest);
    first.take_logs();
    get(&mut second.http_stream(Properties::new()));
    get(&mut first.http_stream(Properties::new()));
    assert_eq!(said(&first), ["02", "01"]);
}

#[test]
fn a_new_configuration_of_one_plugin_leaves_the_other_alone() {
    let (mut first, mut second) = two(&numbering());
    first.take_logs();
    second.reconfigure("3").unwrap();
    let expected = [
        "context_create 03",
        "vm_start 03",
        "configure 03",
        "done 02",
        "delete 02",
    ];
    assert_eq!(told(&mut first), expected);
    get(&mut first.http_stream(Properties::new()));
    assert_eq!(told(&mut first)[..2], ["context_create 04", "request_headers 04"]);
}

#[test]
fn a_trap_of_one_plugin_fails_the_others_too() {
    let guest = Guest::new().on_request("(if (i32.eq (local.get 0) (i32.const 3)) (then unreachable))");
    let (mut first, mut second) = two(&guest);
    let mut trapping = first.http_stream(Properties::new());
    let Outcome::Trapped(trap) = get(&mut trapping) else {
        panic!("context 3 traps")
    };
    assert_eq!(second.failure(), Some(trap.clone()));
    assert_eq!(get(&mut second.http_stream(Properties::new())), Outcome::Failed);
    let failure = second.join(setup("three", "3")).unwrap_err().failure;
    assert_eq!(failure, PluginFailure::Failed(trap));
}

#[test]
fn a_plugin_that_differs_in_nothing_shares_the_root_and_is_not_configured_again() {
    let (mut first, second) = two(&numbering());
    first.take_logs();
    let mut twin = first.join(setup("two", "2")).unwrap();
    assert_eq!(told(&mut twin), [""; 0]);
    drop(second);
    assert_eq!(told(&mut twin), [""; 0], "the twin holds the root");
    drop(twin);
    assert_eq!(told(&mut first), ["done 02", "delete 02"]);
}

#[test]
fn a_configuration_that_is_in_use_is_not_given_again() {
    let mut plugin = numbering().try_start(setup("one", "1")).unwrap();
    plugin.take_logs();
    plugin.reconfigure("1").unwrap();
    assert_eq!(told(&mut plugin), [""; 0]);
}

#[test]
fn a_configuration_that_an_old_stream_holds_is_taken_up_again_as_it_is() {
    let mut plugin = numbering().try_start(setup("one", "1")).unwrap();
    let _old = plugin.http_stream(Properties::new());
    plugin.reconfigure("2").unwrap();
    plugin.take_logs();
    plugin.reconfigure("1").unwrap();
    assert_eq!(told(&mut plugin), ["done 03", "delete 03"]);
}

#[test]
fn the_root_of_a_plugin_that_is_dropped_goes_with_its_last_stream() {
    let (mut first, mut second) = two(&numbering());
    let mut stream = second.http_stream(Properties::new());
    first.take_logs();
    drop(second);
    assert_eq!(told(&mut first), [""; 0]);
    get(&mut stream);
    first.take_logs();
    stream.finish().unwrap();
    assert_eq!(told(&mut first), ["done 03", "delete 03", "done 02", "delete 02"]);
}

#[test]
fn a_plugin_that_is_refused_leaves_the_vm_to_the_others() {
    let guest = Guest::new()
        .export(
            "proxy_on_configure",
            "(param i32 i32) (result i32)",
            "(local.get 1)",
        )
        .export(
            "proxy_on_delete",
            "(param i32)",
            "(call $say_number (local.get 0))",
        );
    let mut first = guest.try_start(setup("one", "1")).unwrap();
    let failure = first.join(setup("two", "")).unwrap_err().failure;
    assert_eq!(failure, PluginFailure::ConfigurationRefused);
    assert_eq!(said(&first), ["02"], "its root is deleted again");
    assert_eq!(get(&mut first.http_stream(Properties::new())), Outcome::Continue);
}

#[test]
fn a_plugin_of_another_vm_cannot_join() {
    let first = Guest::new().try_start(setup("one", "1")).unwrap();
    let other_id = PluginSetup {
        vm_id: "other".to_owned(),
        ..setup("two", "2")
    };
    let other_configuration = PluginSetup {
        vm_configuration: b"other".to_vec(),
        ..setup("two", "2")
    };
    for other in [other_id, other_configuration] {
        let failure = first.join(other).unwrap_err().failure;
        assert_eq!(failure, PluginFailure::AnotherVm);
    }
}

#[test]
fn root_callbacks_of_all_plugins_are_noted_together() {
    let (first, second) = two(&numbering());
    let configured = |plugin: &Plugin| {
        let runs = plugin.runs();
        runs.iter()
            .filter(|run| run.callback == Callback::Configure)
            .count()
    };
    assert_eq!((configured(&first), configured(&second)), (2, 2));
}

#[test]
fn a_line_has_the_names_of_its_plugin_as_in_the_log_of_envoy() {
    let body = "(call $say_number (i32.const 1))";
    let guest = Guest::new()
        .export("_initialize", "", body)
        .on_configure(body)
        .on_request(body);
    let (first, mut second) = two(&guest);
    get(&mut second.http_stream(Properties::new()));
    let names: Vec<_> = first.logs().into_iter().map(|line| line.names).collect();
    assert_eq!(names, ["", "one shared", "two shared", "name-two two shared"]);
}
