//! What host-sim itself costs: compiling, a fresh instance, and requests through one instance, for a plugin that does nothing.
//!
//! Prints a table. The no-op of the SDK must be built (`make no-op`); the other one is text.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use spiffe_authz_bench::table::Table;
use spiffe_authz_host_sim::{
    Connection, EndOfStream, Limits, Module, ModuleCache, Outcome, PeerCertificate, Plugin, PluginSetup,
    Properties, Simulator,
};

const SDK_NO_OP: &str = "target/bench/no_op.wasm";
/// The least of so many instances is shown, and the middle.
const INSTANCES: usize = 1_000;
const REQUESTS: u32 = 10_000;
/// The fastest of so many is shown: everything else that a machine does only slows down.
const ROUNDS: usize = 60;
/// What the host promises of a plugin that does nothing.
const LONGEST_START: Duration = Duration::from_millis(1);
const LEAST_RATE: f64 = 100_000.0;

/// Every callback of a request that changes nothing.
const TEXT: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 1024))
    (func (export "proxy_on_context_create") (param i32 i32))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
    (func (export "proxy_on_log") (param i32))
    (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
    (func (export "proxy_on_delete") (param i32)))"#;

const HEADERS: [(&str, &str); 6] = [
    (":method", "GET"),
    (":path", "/orders/42?page=1"),
    (":scheme", "https"),
    (":authority", "payments.shop.svc"),
    ("user-agent", "curl/8.5.0"),
    ("accept", "*/*"),
];

/// What one module costs.
struct Row {
    compiled: Duration,
    from_cache: Duration,
    /// A fresh instance and one request: the middle of all, and the longest but one in a hundred.
    start: [Duration; 2],
    /// Requests a second through one instance: without properties, and with those of a connection.
    rates: [f64; 2],
}

fn main() -> Result<(), String> {
    let sdk = fs::read(SDK_NO_OP).map_err(|error| format!("`{SDK_NO_OP}`: {error}: run `make no-op`"))?;
    let text = wat::parse_str(TEXT).map_err(|error| error.to_string())?;
    let mut table = Table::new([
        "",
        "compiled",
        "from the cache",
        "start and request",
        "99 of 100",
        "requests/s",
        "with a connection",
    ]);
    let mut broken = Vec::new();
    for (name, wasm) in [("WebAssembly text", &text), ("Rust SDK", &sdk)] {
        let row = measure(wasm)?;
        table.row(cells(name, &row));
        broken.extend(broken_promises(name, &row));
    }
    println!("{table}");
    broken.is_empty().then_some(()).ok_or_else(|| broken.join("; "))
}

fn measure(wasm: &[u8]) -> Result<Row, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (compiled, _) = compile(folder.path(), wasm)?;
    let (from_cache, module) = compile(folder.path(), wasm)?;
    let rate = |properties: &Properties| {
        let rates: Result<Vec<_>, _> = (0..ROUNDS).map(|_| rate(&module, properties)).collect();
        rates.map(|rates| rates.into_iter().fold(0.0, f64::max))
    };
    Ok(Row {
        compiled,
        from_cache,
        start: starts(&module)?,
        rates: [rate(&Properties::new())?, rate(&connection()?)?],
    })
}

fn compile(folder: &Path, wasm: &[u8]) -> Result<(Duration, Module), String> {
    let cache = ModuleCache::Directory(folder.to_owned());
    let simulator = Simulator::with_cache(Limits::default(), &cache).map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let module = simulator.module(wasm).map_err(|error| error.to_string())?;
    Ok((begun.elapsed(), module))
}

fn starts(module: &Module) -> Result<[Duration; 2], String> {
    let mut times = Vec::new();
    for _ in 0..INSTANCES {
        let begun = Instant::now();
        let mut plugin = start(module)?;
        request(&mut plugin, Properties::new())?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok([times[INSTANCES / 2], times[INSTANCES * 99 / 100]])
}

fn start(module: &Module) -> Result<Plugin, String> {
    Plugin::start(module, PluginSetup::default()).map_err(|error| error.to_string())
}

fn rate(module: &Module, properties: &Properties) -> Result<f64, String> {
    let mut plugin = start(module)?;
    let begun = Instant::now();
    for _ in 0..REQUESTS {
        request(&mut plugin, properties.clone())?;
    }
    Ok(f64::from(REQUESTS) / begun.elapsed().as_secs_f64())
}

/// A whole stream: its headers, its end, and everything that the host drops with it.
fn request(plugin: &mut Plugin, properties: Properties) -> Result<(), String> {
    let mut stream = plugin.http_stream(properties);
    match stream.request_headers(&HEADERS, EndOfStream::Yes) {
        Outcome::Continue => stream.finish().map_err(|trap| trap.to_string()),
        other => Err(format!("no request that goes on but {other:?}")),
    }
}

fn connection() -> Result<Properties, String> {
    let address = |text: &str| text.parse().map_err(|error| format!("`{text}`: {error}"));
    let peer = PeerCertificate::valid("spiffe://cluster.local/ns/shop/sa/frontend");
    Ok(Connection::mtls(address("10.0.0.7:4242")?, address("10.0.0.9:8080")?, peer).properties())
}

fn cells(name: &str, row: &Row) -> Vec<String> {
    let microseconds = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1e6);
    let [middle, longest] = row.start;
    let mut cells = vec![name.to_owned()];
    cells.extend([row.compiled, row.from_cache, middle, longest].map(microseconds));
    cells.extend(row.rates.map(|rate| format!("{rate:.0}")));
    cells
}

fn broken_promises(name: &str, row: &Row) -> Vec<String> {
    let mut broken = Vec::new();
    let [middle, _] = row.start;
    if middle > LONGEST_START {
        broken.push(format!("{name}: a fresh instance and a request take {middle:?}"));
    }
    let [bare, _] = row.rates;
    if bare < LEAST_RATE {
        broken.push(format!("{name}: {bare:.0} requests a second"));
    }
    broken
}
