//! [`Prometheus`]: a real one, which scrapes as the shipped configuration says.

use std::collections::BTreeMap;
use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_demo::process::{Launch, Lifetime, ManagedProcess};
use tokio::time::{Instant, sleep};

use crate::envoy::client::{Connection, Opening};
use crate::scratch::Scratch;
use crate::workspace;

/// How long it may take until something was scraped.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A Prometheus that runs. It ends with this value.
#[derive(Debug)]
pub struct Prometheus {
    process: ManagedProcess,
    address: SocketAddr,
}

/// One element of the answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// The value of a label; empty where it has none.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Where a Prometheus is: `PROMETHEUS_BIN`, the one that was unpacked into the checkout, or the one on the path. Without one
/// the reason is printed, and the test is to end.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    let named = env::var_os("PROMETHEUS_BIN").map(PathBuf::from);
    let unpacked = workspace::root().join(".tools/prometheus/prometheus");
    let on_path = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("prometheus"))
        .find(|path| path.is_file());
    let found = named
        .or_else(|| unpacked.is_file().then_some(unpacked))
        .or(on_path);
    if found.is_none() {
        println!("skipped: there is no prometheus (scripts/fetch-prometheus.sh fetches one without root)");
    }
    found
}

/// The promtool beside a Prometheus, with its arguments to be added.
#[must_use]
pub fn promtool(prometheus: &Path) -> Command {
    Command::new(prometheus.with_file_name("promtool"))
}

impl Prometheus {
    /// Starts it with this configuration.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(binary: &Path, scratch: &Scratch, configuration: &Value) -> Result<Self, String> {
        let file = scratch.path().join("prometheus.json");
        std::fs::write(&file, configuration.to_string())
            .map_err(|error| format!("`{}`: {error}", file.display()))?;
        let address = free_loopback_addresses(1)
            .ok()
            .and_then(|addresses| addresses.first().copied())
            .ok_or("no port was picked")?;
        let launch = Launch {
            name: "the tests' Prometheus".to_owned(),
            command: vec![
                binary.display().to_string(),
                format!("--config.file={}", file.display()),
                format!("--storage.tsdb.path={}", scratch.path().join("tsdb").display()),
                format!("--web.listen-address={address}"),
            ],
            log: scratch.path().join("prometheus.log"),
        };
        let process = ManagedProcess::spawn(launch, Lifetime::Bound).map_err(|error| error.to_string())?;
        let started = Self { process, address };
        started.wait_for("vector(1)", 1.0).await?;
        Ok(started)
    }

    /// What an expression says now.
    ///
    /// # Errors
    /// When Prometheus does not answer, or with an error.
    pub async fn query(&self, expression: &str) -> Result<Vec<Sample>, String> {
        let target = format!("/api/v1/query?query={}", encoded(expression));
        let mut connection = Connection::open(self.address, Opening::default()).await?;
        let response = connection.send(&HttpRequest::new("GET", &target)).await?;
        let body = response.body_text();
        let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{body}: {error}"))?;
        if answer.get("status") != Some(&Value::from("success")) {
            return Err(format!("`{expression}`: {body}"));
        }
        samples(&answer).ok_or_else(|| format!("`{expression}`: {body}"))
    }

    /// Waits until an expression is this one number.
    ///
    /// # Errors
    /// When it takes too long, with what it was last.
    pub async fn wait_for(&self, expression: &str, value: f64) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let answer = self.query(expression).await;
            if let Ok([only]) = answer.as_deref()
                && (only.value - value).abs() < f64::EPSILON
            {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                let log = self.process.log().display();
                return Err(format!(
                    "`{expression}` is {answer:?} and not {value}; see `{log}`"
                ));
            }
            sleep(POLL).await;
        }
    }
}

/// The samples of a vector, or the one of a scalar.
fn samples(answer: &Value) -> Option<Vec<Sample>> {
    let result = answer.pointer("/data/result")?.as_array()?;
    result
        .iter()
        .map(|element| {
            let labels = element.get("metric")?.as_object()?;
            let labels = labels
                .iter()
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
            Some(Sample {
                labels: labels.collect::<Option<_>>()?,
                value: element.pointer("/value/1")?.as_str()?.parse().ok()?,
            })
        })
        .collect()
}

/// Every byte but letters and digits as an escape.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
