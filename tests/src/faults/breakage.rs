//! How each fault is made of a good stage.

use std::fs;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{ApplicationProtocol, wasm_filter};

use crate::faults::cause::{
    BadChain, BadDiscovery, BadUpdate, Callback, Cause, FailurePolicy, ForeignModule, Moment,
};
use crate::faults::fault::Fault;
use crate::faults::kind::Kind;
use crate::faults::mark::Mark;
use crate::faults::rewriting::{Change, When, rewritten};
use crate::faults::stage::{Stage, plugin_configuration};
use crate::policies::three_mistakes;

/// How often the main thread configures the plugin: for a trial, and for itself. All chains of a listener share it.
const CALLS_OF_MAIN_THREAD: i32 = 2;
/// Over the filter's limit of 16 MiB.
const TOO_LARGE_BYTES: usize = 17 << 20;
/// More than the memory that the filter starts with.
const MORE_THAN_MEMORY_BYTES: usize = 4 << 20;
const RANDOM_MODULE_BYTES: usize = 100_000;

/// The callbacks of the filter and the hostcalls that it uses, without the callbacks that decide.
const CAPABILITIES: [&str; 25] = [
    "_initialize",
    "proxy_on_memory_allocate",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_new_connection",
    "proxy_on_upstream_data",
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
    "random_get",
];

/// Brings the fault into the stage.
pub(super) fn bring(fault: &Fault, stage: &mut Stage) -> Result<(), String> {
    match fault.cause {
        Cause::Nothing | Cause::Updates(_) => Ok(()),
        Cause::Broken(callback, moment, act) => {
            let (callback, when) = (callback.name(stage.kind), moment.when());
            use_changed(stage, Change::Broken { callback, when, act })
        }
        Cause::Without(callback) => use_changed(stage, Change::Without(callback.name(stage.kind))),
        Cause::NoMoreMemory => use_little_memory(stage),
        Cause::Module(module) => use_foreign(stage, module),
        Cause::CapabilityList => stage.change_filter(restrict_capabilities),
        Cause::Discovery(discovery) => {
            stage.discovery = bad_discovery(discovery);
            Ok(())
        }
        Cause::Chain(chain) => use_chain(stage, chain),
    }?;
    match fault.failure_policy {
        FailurePolicy::Reload => Ok(()),
        policy @ (FailurePolicy::Closed | FailurePolicy::Open) => {
            stage.change_filter(|filter| filter["failure_policy"] = json!(policy.word()))
        }
    }
}

/// The discovery file of a bad update. Each number gives another one: Envoy passes over what it has seen.
pub(super) fn bad_update(update: BadUpdate, stage: &Stage, number: usize) -> Result<String, String> {
    let good = plugin_configuration(stage.kind);
    let spaces = " ".repeat(number);
    Ok(match update {
        BadUpdate::Invalid => stage.discovery_with(&format!("{}{spaces}", three_mistakes().0)),
        BadUpdate::Corrupt => {
            stage.discovery_of_module(stage.module(&random_bytes())?, &format!("{good}{spaces}"))
        }
        BadUpdate::TooLarge => stage.discovery_with(&(good + &spaces + &" ".repeat(TOO_LARGE_BYTES))),
    })
}

impl Callback {
    fn name(self, kind: Kind) -> &'static str {
        match (self, kind.protocol()) {
            (Self::VmStart, _) => "proxy_on_vm_start",
            (Self::Configure, _) => "proxy_on_configure",
            (Self::ContextCreate, _) => "proxy_on_context_create",
            (Self::Decision, ApplicationProtocol::Http | ApplicationProtocol::Http2) => {
                "proxy_on_request_headers"
            }
            (Self::Decision, ApplicationProtocol::Tcp) => "proxy_on_downstream_data",
        }
    }
}

impl Moment {
    /// The main thread makes its calls before a worker begins.
    fn when(self) -> When {
        match self {
            Self::Always => When::Always,
            Self::WithParent => When::SecondArgumentOver(0),
            Self::WhenDeadly => When::SecondArgumentOver(Mark::LETHAL),
            Self::OnWorkers => When::AfterCalls(CALLS_OF_MAIN_THREAD),
        }
    }
}

fn use_changed(stage: &mut Stage, change: Change) -> Result<(), String> {
    let wasm = rewritten(&good_module(stage)?, change)?;
    use_module(stage, &wasm)
}

/// A good configuration whose size is more than what memory there is.
fn use_little_memory(stage: &mut Stage) -> Result<(), String> {
    let wasm = rewritten(&good_module(stage)?, Change::NoMoreMemory)?;
    let text = plugin_configuration(stage.kind) + &" ".repeat(MORE_THAN_MEMORY_BYTES);
    stage.discovery = Some(stage.discovery_of_module(stage.module(&wasm)?, &text));
    Ok(())
}

fn use_foreign(stage: &mut Stage, module: ForeignModule) -> Result<(), String> {
    match module {
        ForeignModule::Truncated => {
            let wasm = good_module(stage)?;
            use_module(stage, &wasm[..wasm.len() / 2])
        }
        ForeignModule::Random => use_module(stage, &random_bytes()),
        ForeignModule::Empty => use_module(stage, &[]),
        ForeignModule::Idle => use_module(stage, &idle_module()?),
        ForeignModule::Missing => {
            let missing = stage.scratch.file("missing.wasm")?;
            stage.discovery = Some(stage.discovery_of_module(missing, &plugin_configuration(stage.kind)));
            Ok(())
        }
    }
}

fn bad_discovery(discovery: BadDiscovery) -> Option<String> {
    match discovery {
        BadDiscovery::Missing => None,
        BadDiscovery::Empty => Some(String::new()),
        BadDiscovery::WithoutFilter => Some(json!({"resources": []}).to_string()),
    }
}

fn use_chain(stage: &mut Stage, chain: BadChain) -> Result<(), String> {
    match chain {
        BadChain::DisabledOnRoutes => disable_on_routes(stage),
        BadChain::DisabledInChain => stage.change_filters(|filters| {
            let ours = filters
                .iter_mut()
                .filter(|filter| filter["name"] == wasm_filter::NAME);
            ours.for_each(|filter| filter["disabled"] = json!(true));
        }),
        BadChain::NotInChain => {
            stage.change_filters(|filters| filters.retain(|filter| filter["name"] != wasm_filter::NAME))
        }
    }
}

fn good_module(stage: &Stage) -> Result<Vec<u8>, String> {
    let wasm = &stage.sidecar.filter.wasm;
    fs::read(wasm.as_path()).map_err(|error| format!("`{wasm}`: {error}"))
}

fn use_module(stage: &mut Stage, wasm: &[u8]) -> Result<(), String> {
    let module = stage.module(wasm)?;
    stage.discovery = Some(stage.discovery_of_module(module, &plugin_configuration(stage.kind)));
    Ok(())
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
