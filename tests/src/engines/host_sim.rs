//! The built filter in host-sim.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::OnceLock;

use spiffe_authz_host_sim::{
    Connection, EndOfStream, Limits, Module, Outcome, PeerCertificate, Plugin, PluginError, PluginFailure,
    PluginSetup, Simulator, Stream,
};
use spiffe_authz_policy::RequestDocument;

use crate::corpus::{Case, PluginConfiguration};
use crate::engine::Engine;
use crate::engines::limits;
use crate::problem::{self, Problem};
use crate::report::{self, FilterReport};
use crate::verdict::Verdict;
use crate::workspace;

/// The filter's name in every Envoy configuration.
const NAME: &str = "spiffe_authz";
const SOURCE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)), 42_424);
const DESTINATION: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 8));
const FORBIDDEN: u32 = 403;

/// The filter on wasmtime, a plugin of its own for each case. The module is compiled once.
#[derive(Default)]
pub struct HostSim {
    module: OnceLock<Result<Module, String>>,
}

impl Engine for HostSim {
    fn name(&self) -> &'static str {
        "host_sim"
    }

    fn cannot_run(&self, case: &Case) -> Option<&'static str> {
        limits::more_uri_sans_than_the_filter_sees(case).or_else(|| limits::no_destination_port(case))
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        let mut plugin = self.start(configuration)?.map_err(|error| error.to_string())?;
        let mut stream = plugin.http_stream(connection(&case.request).properties());
        let details = send(&mut stream, &case.request)?;
        let report = filter_report(&stream);
        stream.finish().map_err(|trap| trap.to_string())?;
        report.verdict(details.as_deref())
    }

    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        let Err(PluginError { failure, log }) = self.start(configuration)? else {
            return Err("the configuration is accepted".to_owned());
        };
        if failure != PluginFailure::ConfigurationRefused {
            return Err(failure.to_string());
        }
        let lines: Vec<_> = log.iter().map(|line| line.text()).collect();
        problem::from_log(lines.iter().map(AsRef::as_ref))
    }
}

impl HostSim {
    fn start(&self, configuration: &PluginConfiguration) -> Result<Result<Plugin, PluginError>, String> {
        let module = self.module.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        let setup = PluginSetup {
            name: NAME.to_owned(),
            root_id: NAME.to_owned(),
            vm_id: NAME.to_owned(),
            plugin_configuration: configuration.json.as_bytes().to_vec(),
            ..PluginSetup::default()
        };
        Ok(Plugin::start(module, setup))
    }
}

fn compile() -> Result<Module, String> {
    let path = workspace::filter_wasm()?;
    let wasm = fs::read(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let simulator = Simulator::new(Limits::default()).map_err(|error| error.to_string())?;
    simulator.module(&wasm).map_err(|error| error.to_string())
}

fn connection(request: &RequestDocument) -> Connection {
    let destination = SocketAddr::new(DESTINATION, request.destination_port().unwrap_or_default());
    match request.uri_sans() {
        None => Connection::plaintext(SOURCE, destination),
        Some(uri_sans) => {
            let uri_san = uri_sans.first().map(|uri_san| uri_san.clone());
            Connection::mtls(
                SOURCE,
                destination,
                PeerCertificate {
                    uri_san,
                    ..PeerCertificate::valid("")
                },
            )
        }
    }
}

/// Sends the headers; the details of the local reply where the filter gave one.
fn send(stream: &mut Stream, request: &RequestDocument) -> Result<Option<String>, String> {
    let method = request.method().map(str::as_bytes);
    let pseudo = [
        (":method", method),
        (":authority", request.host()),
        (":path", request.path()),
    ];
    let pseudo = pseudo
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let headers: Vec<(&str, &[u8])> = pseudo.chain(request.headers()).collect();
    match stream.request_headers(&headers, EndOfStream::Yes) {
        Outcome::Continue => Ok(None),
        Outcome::LocalReply(reply) if reply.status == FORBIDDEN => {
            Ok(Some(reply.details_text().into_owned()))
        }
        other @ (Outcome::LocalReply(_)
        | Outcome::Pause
        | Outcome::Trapped(_)
        | Outcome::Failed
        | Outcome::OutOfOrder) => Err(format!("{other:?}")),
    }
}

fn filter_report(stream: &Stream) -> FilterReport {
    let text = |key| {
        let bytes = stream.filter_state(key).filter(|bytes| !bytes.is_empty())?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    FilterReport {
        interlock: text(report::INTERLOCK),
        decision: text(report::DECISION),
        cause: text(report::CAUSE),
        policy: text(report::POLICY),
        rule: text(report::RULE),
    }
}
