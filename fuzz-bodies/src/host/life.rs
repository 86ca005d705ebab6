//! One way through a plugin's life: streams of both kinds, and everything that can happen between them.

use std::time::Duration;

use spiffe_authz_host_sim::{
    Callback, CallbackRun, Clock, Clusters, Connection, EndOfStream, GrpcAnswer, GrpcReceived, GrpcStatus,
    HttpAnswer, Limits, LogLevel, Module, Outcome, PeerCertificate, PeerType, Plugin, PluginSetup,
    Properties,
};

/// Small enough that no input takes long.
pub(crate) fn limits() -> Limits {
    Limits {
        fuel_per_callback: 200_000,
        host_bytes_per_callback: 1 << 20,
        memory_bytes: 4 << 20,
        table_elements: 10_000,
        stack_bytes: 256 << 10,
        pairs_bytes: 1 << 16,
        pairs_count: 64,
        random_bytes: 1 << 10,
        ..Limits::default()
    }
}

const REQUEST: [(&str, &str); 4] = [
    (":method", "GET"),
    (":path", "/orders?page=1"),
    (":authority", "payments"),
    ("x-a", "1"),
];
const RESPONSE: [(&str, &str); 2] = [(":status", "200"), ("x-b", "2")];

/// What can be told of a plugin afterwards, and is the same whenever the same happens.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told {
    lines: Vec<String>,
    runs: Vec<(Callback, u64, u64)>,
    ends: Vec<String>,
}

/// Starts a plugin with this configuration and takes it through its life. A VM that is lost says so of every stream.
pub(crate) fn run(module: &Module, configuration: &[u8]) -> Told {
    let mut told = Told::default();
    match Plugin::start(module, setup(configuration)) {
        Ok(mut plugin) => {
            live(&mut plugin, &mut told);
            told.tell(&plugin);
        }
        Err(error) => told.end("no start", &(error.failure, error.log)),
    }
    told
}

fn setup(configuration: &[u8]) -> PluginSetup {
    PluginSetup {
        vm_configuration: configuration.to_vec(),
        plugin_configuration: b"{}".to_vec(),
        environment: vec![("A".to_owned(), "b".to_owned())],
        log_level: LogLevel::Trace,
        clock: Clock::at_unix_seconds(1_767_225_600),
        clusters: Clusters::new().with("cluster").with_no_host("method"),
        trace: true,
        ..PluginSetup::default()
    }
}

fn live(plugin: &mut Plugin, told: &mut Told) {
    http(plugin, told);
    tcp(plugin, told);
    told.end("queues", &plugin.deliver_queues());
    told.end("time", &plugin.advance(Duration::from_secs(1)));
    told.end("tick", &plugin.tick());
    told.end("foreign", &plugin.call_foreign(1, "arguments"));
    let reconfigured = plugin.reconfigure("again");
    told.end("reconfigured", &reconfigured.map_err(|error| error.failure));
    let joined = plugin.join(PluginSetup {
        root_id: "another".to_owned(),
        ..setup(b"joined")
    });
    told.end(
        "joined",
        &joined
            .map(|plugin| plugin.failure())
            .map_err(|error| error.failure),
    );
    http(plugin, told);
    if plugin.failure().is_some() {
        let mut stream = plugin.http_stream(Properties::new());
        assert_eq!(
            stream.request_headers(&REQUEST, EndOfStream::Yes),
            Outcome::Failed
        );
    }
}

/// Two streams at once: one with everything that a stream can have, and one that is reset.
fn http(plugin: &mut Plugin, told: &mut Told) {
    let mut stream = plugin.http_stream(properties());
    let mut other = plugin.http_stream(Properties::new());
    told.end("request", &stream.request_headers(&REQUEST, EndOfStream::No));
    told.end("other", &other.request_headers(&REQUEST, EndOfStream::Yes));
    told.end("body", &stream.request_body("body", EndOfStream::No));
    told.end("trailers", &stream.request_trailers(&RESPONSE[1..]));
    told.end("other", &other.reset());
    drop(other);
    answers(plugin, told);
    told.end("response", &stream.response_headers(&RESPONSE, EndOfStream::No));
    told.end("body", &stream.response_body("body", EndOfStream::No));
    told.end("trailers", &stream.response_trailers(&RESPONSE[1..]));
    told.end("progress", &(stream.request(), stream.response()));
    told.end("sent", &(stream.sent_upstream(), stream.sent_downstream()));
    told.end("finished", &stream.finish());
    told.runs(stream.runs());
}

/// Answers what the plugin has sent for; an answer may make it send for more, which stays without.
fn answers(plugin: &mut Plugin, told: &mut Told) {
    for (number, call) in plugin.http_calls().into_iter().enumerate() {
        let answer = HttpAnswer::new(200).body("answer").trailer("x-c", "3");
        told.end("call", &call);
        told.end(
            "answered",
            &if number == 1 {
                plugin.fail_http_call(call.id)
            } else {
                plugin.answer_http_call(call.id, answer)
            },
        );
    }
    for call in plugin.grpc_calls() {
        told.end("call", &call);
        told.end(
            "answered",
            &plugin.answer_grpc_call(call.id, GrpcAnswer::message("answer")),
        );
    }
    for stream in plugin.grpc_streams() {
        told.end("stream", &stream);
        let initial = GrpcReceived::initial_metadata(&RESPONSE[1..]);
        for received in [
            initial,
            GrpcReceived::message("m"),
            GrpcReceived::closed(GrpcStatus::Ok, ""),
        ] {
            told.end("received", &plugin.receive_grpc(stream.id, received));
        }
    }
}

fn tcp(plugin: &mut Plugin, told: &mut Told) {
    let mut stream = plugin.tcp_stream(properties());
    told.end("connection", &stream.new_connection());
    told.end(
        "downstream",
        &stream.downstream_data(b"GET / HTTP/1.0\r\n\r\n", EndOfStream::No),
    );
    told.end(
        "upstream",
        &stream.upstream_data(b"HTTP/1.0 200 OK\r\n\r\n", EndOfStream::Yes),
    );
    told.end("closed", &stream.close(PeerType::Remote));
    told.end("sent", &(stream.sent_upstream(), stream.sent_downstream()));
    told.runs(stream.runs());
}

fn properties() -> Properties {
    let address = |text: &str| text.parse().expect("an address");
    let peer = PeerCertificate::valid("spiffe://cluster.local/ns/shop/sa/frontend");
    Connection::mtls(address("10.0.0.7:4242"), address("10.0.0.9:8080"), peer).properties()
}

impl Told {
    fn end(&mut self, what: &str, end: &impl std::fmt::Debug) {
        self.ends.push(format!("{what}: {end:?}"));
    }

    fn runs(&mut self, runs: Vec<CallbackRun>) {
        let hostcalls = |run: &CallbackRun| run.hostcalls.values().sum();
        let runs = runs
            .into_iter()
            .map(|run| (run.callback, run.fuel, hostcalls(&run)));
        self.runs.extend(runs);
    }

    /// Reads everything that a test can read.
    fn tell(&mut self, plugin: &Plugin) {
        let trace = plugin.trace();
        assert!(trace.to_string().is_empty() || !trace.to_json().is_empty());
        self.lines.extend(plugin.logs().iter().map(ToString::to_string));
        self.runs(plugin.runs());
        self.end("metrics", &plugin.metrics());
        self.end("failure", &plugin.failure());
    }
}
