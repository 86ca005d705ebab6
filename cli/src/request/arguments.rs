//! [`RequestArguments`]: which requests, and what to add to them.

use core::net::IpAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use time::OffsetDateTime;

use crate::request::given::Given;
use crate::request::log::Kind;
use crate::request::{Asked, RequestError, file, log, time as clock};

/// A request by flags, or requests out of a file or a log. Flags beside a file or a log replace what stands there, or
/// add what it does not say.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Request")]
pub(crate) struct RequestArguments {
    /// Requests, in a file of JSON, JSON lines or YAML; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["access_log", "audit"])]
    request: Option<PathBuf>,
    /// A line of Envoy's access log in the format of the rendered sidecars, or a file of them; `-` is standard input
    #[arg(long, value_name = "FILE_OR_LINE", conflicts_with = "audit")]
    access_log: Option<String>,
    /// An audit line of the filter, or a file of them or of Envoy's log with them; `-` is standard input
    #[arg(long, value_name = "FILE_OR_LINE")]
    audit: Option<String>,
    /// The peer presents a valid SVID with this SPIFFE ID
    #[arg(long, value_name = "SPIFFE_ID", conflicts_with_all = ["plaintext", "cert"])]
    peer: Option<String>,
    /// The peer presents no certificate
    #[arg(long, conflicts_with = "cert")]
    plaintext: bool,
    /// The peer presents this certificate, a PEM file, and the proxy has validated it
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// The method, such as GET
    #[arg(long)]
    method: Option<String>,
    /// The path with its query, such as `/orders/1?full=1`
    #[arg(long)]
    path: Option<String>,
    /// The `:authority`, such as `orders.shop:8080`
    #[arg(long)]
    host: Option<String>,
    /// A header, as often as wanted
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The address at the other end of the connection
    #[arg(long, value_name = "IP")]
    source_ip: Option<IpAddr>,
    /// The client's address as the proxy worked it out
    #[arg(long, value_name = "IP")]
    remote_ip: Option<IpAddr>,
    /// The local address of the connection
    #[arg(long, value_name = "IP")]
    destination_ip: Option<IpAddr>,
    /// The local port of the connection
    #[arg(long)]
    port: Option<u16>,
    /// The server name that the peer asked for in the TLS handshake
    #[arg(long, value_name = "NAME")]
    sni: Option<String>,
    /// What is spoken [default: http]
    #[arg(long, value_enum)]
    protocol: Option<ProtocolName>,
    /// The claims of a verified token, as JSON or a file of it
    #[arg(long, value_name = "FILE_OR_JSON")]
    jwt: Option<String>,
    /// The proxy's dynamic metadata, a map of namespaces to maps, as JSON or a file of it
    #[arg(long, value_name = "FILE_OR_JSON")]
    metadata: Option<String>,
    /// The time of the request, such as 2026-01-01T00:00:00Z [default: now]
    #[arg(long, value_parser = clock::parse)]
    time: Option<OffsetDateTime>,
}

/// A protocol, by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProtocolName {
    /// An HTTP request
    Http,
    /// A gRPC request, which is an HTTP request
    Grpc,
    /// A connection that carries anything
    Tcp,
}

impl ProtocolName {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Tcp => "tcp",
        }
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once(':').filter(|(name, _)| !name.is_empty());
    let (name, value) = parts.ok_or_else(|| {
        format!("`{text}` is not `NAME: VALUE`; pseudo-headers have flags of their own (`--method`, `--path`, `--host`)")
    })?;
    Ok((name.to_owned(), value.trim_ascii().to_owned()))
}

impl RequestArguments {
    /// The requests in their order. One without a time is of now, and says so.
    ///
    /// # Errors
    /// No request at all, or an input that cannot be read or means nothing, with its place.
    pub(crate) fn read(&self) -> Result<Vec<Asked>, RequestError> {
        let given = self.given()?;
        match (&self.request, &self.access_log, &self.audit) {
            (Some(path), _, _) => file::read(path, &given),
            (None, Some(log), _) => log::read(Kind::AccessLog, log, &given),
            (None, None, Some(log)) => log::read(Kind::Audit, log, &given),
            (None, None, None) if given.is_empty() => Err(RequestError::None),
            (None, None, None) => Ok(vec![given.request()?]),
        }
    }

    fn given(&self) -> Result<Given, RequestError> {
        let mut given = Given::default();
        given.peer(self.peer.as_deref(), self.plaintext, self.cert.as_deref())?;
        given.text(&["method"], self.method.as_deref());
        given.text(&["path"], self.path.as_deref());
        given.text(&["host"], self.host.as_deref());
        given.headers(&self.header);
        given.text(
            &["source", "ip"],
            self.source_ip.map(|ip| ip.to_string()).as_deref(),
        );
        given.text(
            &["source", "remoteIp"],
            self.remote_ip.map(|ip| ip.to_string()).as_deref(),
        );
        given.text(
            &["destination", "ip"],
            self.destination_ip.map(|ip| ip.to_string()).as_deref(),
        );
        given.number(&["destination", "port"], self.port);
        given.text(&["sni"], self.sni.as_deref());
        given.text(&["protocol"], self.protocol.map(ProtocolName::name));
        given.json("--jwt", &["jwt"], self.jwt.as_deref())?;
        given.json("--metadata", &["metadata"], self.metadata.as_deref())?;
        given.text(&["time"], self.time.map(clock::written).as_deref());
        Ok(given)
    }
}
