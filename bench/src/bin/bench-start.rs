//! How long a start takes, by the number of rules: the filter configured in a VM, and an Envoy from its first instruction
//! until it serves.
//!
//! Prints a table and writes `target/bench/start.json`. The filter must be built (`make wasm`), Envoy be there
//! (`make envoy`).

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spiffe_authz_bench::documents::{Distribution, configuration};
use spiffe_authz_demo::envoy_process::{EnvoyLaunch, EnvoyProcess};
use spiffe_authz_host_sim::{Callback, Limits, Module, Plugin, PluginSetup, Simulator};

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
/// The least of so many is shown: everything else that a machine does only adds.
const SAMPLES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(120);
/// What a start may take, by its number of rules.
const BOUNDS: [(usize, Duration); 2] = [
    (10_000, Duration::from_millis(250)),
    (100_000, Duration::from_secs(3)),
];
const MOST_MEMORY: usize = 40 << 20;

/// What one size costs.
struct Row {
    rules: usize,
    text_bytes: usize,
    /// One configuration in a VM of wasmtime.
    in_wasmtime: Duration,
    fuel: u64,
    /// The VM's memory after it.
    memory_bytes: usize,
    /// The start of an Envoy beyond that with a filter that has no rules.
    in_envoy: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    let wasm = built("SPIFFE_AUTHZ_WASM", "dist/spiffe_authz_filter.wasm")?;
    let envoy = built("ENVOY_BIN", ".tools/envoy-1.40.0/envoy")?;
    let module = module(&wasm)?;
    let without_rules = start_envoy(&envoy, &wasm, &text(0)).await?;
    let mut rows = Vec::new();
    for rules in SIZES {
        let text = text(rules);
        let (in_wasmtime, fuel, memory_bytes) = configure(&module, &text)?;
        let started = start_envoy(&envoy, &wasm, &text).await?;
        rows.push(Row {
            rules,
            text_bytes: text.len(),
            in_wasmtime,
            fuel,
            memory_bytes,
            in_envoy: started.saturating_sub(without_rules),
        });
    }
    print(&rows, without_rules);
    write(&rows, without_rules)?;
    check(&rows)
}

fn built(variable: &str, default: &str) -> Result<PathBuf, String> {
    let path = env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from);
    let path = path.canonicalize();
    path.map_err(|error| format!("`{default}`, or what {variable} names: {error}"))
}

fn module(wasm: &Path) -> Result<Module, String> {
    let limits = Limits {
        fuel_per_callback: u64::MAX,
        ..Limits::default()
    };
    let bytes = fs::read(wasm).map_err(|error| error.to_string())?;
    let simulator = Simulator::new(limits).map_err(|error| error.to_string())?;
    simulator.module(&bytes).map_err(|error| error.to_string())
}

/// One principal a rule.
fn text(rules: usize) -> String {
    configuration(Distribution::Principals, "zero-trust", rules).to_string()
}

/// Time, fuel and memory of one configuration.
fn configure(module: &Module, text: &str) -> Result<(Duration, u64, usize), String> {
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        let mut plugin = start(module, r#"{"workload":{"namespace":"shop"},"resources":[]}"#)?;
        let before = plugin.fuel(Callback::Configure);
        let started = Instant::now();
        plugin.reconfigure(text).map_err(|error| error.to_string())?;
        samples.push((
            started.elapsed(),
            plugin.fuel(Callback::Configure) - before,
            plugin.memory_bytes(),
        ));
    }
    samples.into_iter().min().ok_or_else(|| "no sample".to_owned())
}

fn start(module: &Module, text: &str) -> Result<Plugin, String> {
    let setup = PluginSetup {
        plugin_configuration: text.as_bytes().to_vec(),
        ..PluginSetup::default()
    };
    Plugin::start(module, setup).map_err(|error| error.to_string())
}

/// How long an Envoy of one worker takes until it serves: it configures the filter in the VM of its main thread, and in
/// that of the worker.
async fn start_envoy(envoy: &Path, wasm: &Path, text: &str) -> Result<Duration, String> {
    let mut least = PATIENCE;
    for _ in 0..SAMPLES {
        least = least.min(start_envoy_once(envoy, wasm, text).await?);
    }
    Ok(least)
}

async fn start_envoy_once(envoy: &Path, wasm: &Path, text: &str) -> Result<Duration, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (admin, inbound) = (free_address()?, free_address()?);
    let launch = EnvoyLaunch {
        name: "the benchmark's Envoy",
        binary: envoy,
        bootstrap: &bootstrap(admin, inbound, wasm, text),
        bootstrap_file: &folder.path().join("envoy.json"),
        log: &folder.path().join("envoy.log"),
        admin,
    };
    let started = Instant::now();
    let process = EnvoyProcess::start(&launch, PATIENCE).await;
    let elapsed = started.elapsed();
    process.map(|_| elapsed).map_err(|error| error.to_string())
}

fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map_err(|error| error.to_string())
}

/// One listener with the filter in front of an answer.
fn bootstrap(admin: SocketAddr, inbound: SocketAddr, wasm: &Path, text: &str) -> Value {
    let address = |address: SocketAddr| json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}});
    let filter = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {
            "name": "spiffe-authz",
            "root_id": "spiffe-authz",
            "vm_config": {
                "vm_id": "spiffe-authz",
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": wasm}},
            },
            "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": text},
        },
    });
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "inbound",
        "route_config": {"virtual_hosts": [{
            "name": "all",
            "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
        }]},
        "http_filters": [
            {"name": "spiffe-authz", "typed_config": filter},
            {"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}},
        ],
    });
    json!({
        "admin": {"address": address(admin)},
        "static_resources": {"listeners": [{
            "name": "inbound",
            "enable_reuse_port": false,
            "address": address(inbound),
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
        }]},
    })
}

fn print(rows: &[Row], without_rules: Duration) {
    println!(
        "{:>8} {:>10} {:>14} {:>14} {:>12} {:>12}",
        "rules", "text KiB", "wasmtime ms", "fuel a rule", "memory MiB", "Envoy ms"
    );
    for row in rows {
        println!(
            "{:>8} {:>10} {:>14.1} {:>14} {:>12.1} {:>12.1}",
            row.rules,
            row.text_bytes >> 10,
            milliseconds(row.in_wasmtime),
            row.fuel / row.rules as u64,
            row.memory_bytes as f64 / f64::from(1 << 20),
            milliseconds(row.in_envoy),
        );
    }
    println!(
        "Envoy: beyond the {:.0} ms that it takes with no rules at all",
        milliseconds(without_rules)
    );
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn write(rows: &[Row], without_rules: Duration) -> Result<(), String> {
    let row = |row: &Row| {
        json!({
            "rules": row.rules,
            "text_bytes": row.text_bytes,
            "wasmtime_ms": milliseconds(row.in_wasmtime),
            "fuel": row.fuel,
            "memory_bytes": row.memory_bytes,
            "envoy_ms": milliseconds(row.in_envoy),
        })
    };
    let report = json!({
        "envoy_without_rules_ms": milliseconds(without_rules),
        "sizes": rows.iter().map(row).collect::<Vec<_>>(),
    });
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    fs::write(folder.join("start.json"), format!("{report:#}\n")).map_err(|error| error.to_string())
}

/// Whether every bound holds.
fn check(rows: &[Row]) -> Result<(), String> {
    for row in rows {
        let bound = BOUNDS.iter().find(|(rules, _)| *rules == row.rules);
        if let Some((_, bound)) = bound.filter(|(_, bound)| row.in_wasmtime > *bound) {
            return Err(format!(
                "{} rules take {:?}, at most {bound:?}",
                row.rules, row.in_wasmtime
            ));
        }
        if row.memory_bytes > MOST_MEMORY {
            return Err(format!("{} rules take {} bytes", row.rules, row.memory_bytes));
        }
    }
    Ok(())
}
