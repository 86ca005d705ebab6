//! How each fault is made of a good stage.

use std::fs;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{ApplicationProtocol, FilePath, wasm_filter};

use crate::faults::fault::Fault;
use crate::faults::kind::Kind;
use crate::faults::mark::Mark;
use crate::faults::rewriting::{Act, Change, When, rewritten};
use crate::faults::stage::{Stage, plugin_configuration};
use crate::policies::three_mistakes;

const CONFIGURE: &str = "proxy_on_configure";
const CONTEXT_CREATE: &str = "proxy_on_context_create";
/// What a callback answers so that a request goes on.
const CONTINUE: i32 = 0;
const FALSE: i32 = 0;
/// What the main thread calls for each plugin: for a trial, and for itself.
const CALLS_OF_MAIN_THREAD: usize = 2;
/// Over the filter's limit of 16 MiB.
const TOO_LARGE_BYTES: usize = 17 << 20;
/// More than the memory that the filter starts with.
const MORE_THAN_MEMORY_BYTES: usize = 4 << 20;
const RANDOM_MODULE_BYTES: usize = 100_000;

/// The callbacks of the filter and the hostcalls that it uses, which a list of capabilities must name.
const CAPABILITIES: [&str; 28] = [
    "_initialize",
    "proxy_on_memory_allocate",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_new_connection",
    "proxy_on_upstream_data",
    "proxy_on_done",
    "proxy_on_delete",
    "proxy_close_stream",
    "proxy_define_metric",
    "proxy_get_buffer_bytes",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_header_map_pairs",
    "proxy_get_property",
    "proxy_increment_metric",
    "proxy_log",
    "proxy_record_metric",
    "proxy_send_local_response",
    "proxy_set_property",
    "environ_get",
    "environ_sizes_get",
    "fd_write",
    "proc_exit",
    "random_get",
    "clock_time_get",
];

/// Brings the fault into the stage.
pub(super) fn bring(fault: Fault, stage: &mut Stage) -> Result<(), String> {
    if let Some(change) = change(fault, stage.kind) {
        let wasm = rewritten(&good_module(stage)?, change)?;
        use_module(stage, &wasm)?;
    }
    match fault {
        Fault::TruncatedModule => truncate_module(stage),
        Fault::RandomModule => use_module(stage, &random_bytes()),
        Fault::EmptyModule => use_module(stage, &[]),
        Fault::MissingModule => {
            let missing = stage.scratch.file("missing.wasm")?;
            stage.discovery = Some(stage.discovery_of_module(missing, &plugin_configuration(stage.kind)));
            Ok(())
        }
        Fault::TooLittleMemory => {
            let module = stage.scratch.file("faulty.wasm")?;
            let text = padded(stage.kind, MORE_THAN_MEMORY_BYTES);
            stage.discovery = Some(stage.discovery_of_module(module, &text));
            Ok(())
        }
        Fault::IdleModule => use_module(stage, &idle_module()?),
        Fault::DecisionNotOnCapabilityList => stage.change_filter(restrict_capabilities),
        Fault::DiscoveryFileMissing => {
            stage.discovery = None;
            Ok(())
        }
        Fault::DiscoveryFileEmpty => {
            stage.discovery = Some(String::new());
            Ok(())
        }
        Fault::DiscoveryWithoutFilter => {
            stage.discovery = Some(json!({"resources": []}).to_string());
            Ok(())
        }
        Fault::DisabledOnRoutes => disable_on_routes(stage),
        Fault::DisabledInChain => stage.change_filters(disable),
        Fault::NotInChain => {
            stage.change_filters(|filters| filters.retain(|filter| filter["name"] != wasm_filter::NAME))
        }
        Fault::FailOpenAndPanicInDecision | Fault::FailOpenAndPanicOnWorkers => {
            stage.change_filter(|filter| filter["failure_policy"] = json!("FAIL_OPEN"))
        }
        Fault::DeadlyRequestsFailClosed => {
            stage.change_filter(|filter| filter["failure_policy"] = json!("FAIL_CLOSED"))
        }
        _ => Ok(()),
    }
}

/// The discovery file of a bad update. Each number gives another one: Envoy passes over what it has seen.
pub(super) fn bad_update(fault: Fault, stage: &Stage, number: usize) -> Result<Option<String>, String> {
    let spaces = " ".repeat(number);
    Ok(match fault {
        Fault::InvalidUpdate => Some(stage.discovery_with(&format!("{}{spaces}", three_mistakes().0))),
        Fault::CorruptUpdate => Some(stage.discovery_of_module(
            stage.module(&random_bytes())?,
            &format!("{}{spaces}", plugin_configuration(stage.kind)),
        )),
        Fault::TooLargeUpdate => {
            Some(stage.discovery_with(&format!("{}{spaces}", padded(stage.kind, TOO_LARGE_BYTES))))
        }
        _ => None,
    })
}

/// The change of the built filter that makes the fault.
fn change(fault: Fault, kind: Kind) -> Option<Change> {
    let broken = |callback, when, act| Some(Change::Broken { callback, when, act });
    let decides = decides(kind);
    match fault {
        Fault::PanicInVmStart => broken("proxy_on_vm_start", When::Always, Act::Panic),
        Fault::PanicInConfigure => broken(CONFIGURE, When::Always, Act::Panic),
        Fault::PanicInPluginContext => broken(CONTEXT_CREATE, When::Always, Act::Panic),
        Fault::PanicInStreamContext => broken(CONTEXT_CREATE, When::SecondArgumentOver(0), Act::Panic),
        Fault::PanicInDecision | Fault::FailOpenAndPanicInDecision => {
            broken(decides, When::Always, Act::Panic)
        }
        Fault::ConfigureFalse => broken(CONFIGURE, When::Always, Act::Answer(FALSE)),
        Fault::ConfigureFalseOnWorkers => broken(CONFIGURE, on_workers(kind), Act::Answer(FALSE)),
        Fault::PanicOnWorkers | Fault::FailOpenAndPanicOnWorkers => {
            broken(CONFIGURE, on_workers(kind), Act::Panic)
        }
        Fault::NoDecisionCallback => Some(Change::Without(decides)),
        Fault::TooLittleMemory => Some(Change::NoMoreMemory),
        Fault::MemoryExhausted => broken(decides, When::Always, Act::TakeAllMemory),
        Fault::WordNeverSaid => broken(decides, When::Always, Act::Answer(CONTINUE)),
        Fault::DeadlyRequests | Fault::DeadlyRequestsFailClosed => {
            broken(decides, When::SecondArgumentOver(Mark::LETHAL), Act::Panic)
        }
        _ => None,
    }
}

/// The callback that decides.
fn decides(kind: Kind) -> &'static str {
    match kind.protocol() {
        ApplicationProtocol::Http => "proxy_on_request_headers",
        ApplicationProtocol::Tcp => "proxy_on_downstream_data",
    }
}

/// The main thread makes its calls before a worker begins.
fn on_workers(kind: Kind) -> When {
    let calls = CALLS_OF_MAIN_THREAD * kind.filter_chains();
    When::AfterCalls(i32::try_from(calls).expect("a listener has few chains"))
}

fn good_module(stage: &Stage) -> Result<Vec<u8>, String> {
    let wasm: &FilePath = &stage.sidecar.filter.wasm;
    fs::read(wasm.as_path()).map_err(|error| format!("`{wasm}`: {error}"))
}

fn use_module(stage: &mut Stage, wasm: &[u8]) -> Result<(), String> {
    let module = stage.module(wasm)?;
    stage.discovery = Some(stage.discovery_of_module(module, &plugin_configuration(stage.kind)));
    Ok(())
}

fn truncate_module(stage: &mut Stage) -> Result<(), String> {
    let wasm = good_module(stage)?;
    use_module(stage, &wasm[..wasm.len() / 2])
}

fn random_bytes() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(4);
    std::iter::repeat_with(|| random.u8(..))
        .take(RANDOM_MODULE_BYTES)
        .collect()
}

fn idle_module() -> Result<Vec<u8>, String> {
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 1024)))"#;
    wat::parse_str(text).map_err(|error| error.to_string())
}

/// Spaces behind a good plugin configuration: its size alone is wrong.
fn padded(kind: Kind, bytes: usize) -> String {
    plugin_configuration(kind) + &" ".repeat(bytes)
}

fn restrict_capabilities(filter: &mut Value) {
    let allowed: serde_json::Map<String, Value> = CAPABILITIES
        .iter()
        .map(|capability| ((*capability).to_owned(), json!({})))
        .collect();
    filter["vm_config"]["capability_restriction_config"] = json!({"allowed_capabilities": allowed});
}

fn disable_on_routes(stage: &mut Stage) -> Result<(), String> {
    for chain in stage.chains()? {
        let routes = chain
            .pointer_mut("/filters/1/typed_config/route_config/virtual_hosts/0/routes")
            .and_then(Value::as_array_mut);
        for route in routes.ok_or("a chain has no routes")? {
            route["typed_per_filter_config"] = json!({wasm_filter::NAME: {
                "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                "config": {},
                "disabled": true,
            }});
        }
    }
    Ok(())
}

fn disable(filters: &mut Vec<Value>) {
    for filter in filters {
        if filter["name"] == wasm_filter::NAME {
            filter["disabled"] = json!(true);
        }
    }
}
