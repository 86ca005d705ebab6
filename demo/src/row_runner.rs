//! Sends the requests of the rows, one after the other, and gathers what came of each.

use std::path::Path;
use std::time::Duration;

use spiffe_authz_pki::SvidDirectory;
use tokio::time::{Instant, sleep};

use crate::access_log::{AccessLogError, AccessLogLine, AccessLogReader};
use crate::application::MARK;
use crate::control::{Answer, ControlClient, SendOrder};
use crate::http_request::HttpRequest;
use crate::layout::Layout;
use crate::mtls_client::{Client, ClientCertificate, TlsOptions, TlsSetupError};
use crate::observation::{Got, Observation};
use crate::scenario::{Expected, Row, Sender};
use crate::state::State;
use crate::state_error::StateError;
use crate::workload::{Topology, Workload};

/// How long the access log may lag behind the response.
const LOG_PATIENCE: Duration = Duration::from_secs(2);
/// How long the watching process may take to note that another one died.
const DEATH_PATIENCE: Duration = Duration::from_millis(500);
/// Rows that would start later than this are not tried: something hangs.
const ALL_ROWS: Duration = Duration::from_secs(30);

/// What came of a row.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The row.
    pub row: Row,
    /// What came of it; the reason where it was not tried.
    pub observation: Result<Observation, String>,
    /// What is not as it must be.
    pub differences: Vec<String>,
}

/// A row could not be carried out: the demo itself is at fault, not the mesh.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// An SVID cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An SVID cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The access log.
    #[error(transparent)]
    AccessLog(#[from] AccessLogError),
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Carries out the rows against the mesh that the state describes.
#[derive(Debug)]
pub struct RowRunner<'a> {
    layout: &'a Layout,
    topology: Topology,
    /// Tells the marks of this run from those of another.
    run: u128,
}

impl<'a> RowRunner<'a> {
    /// A runner for the mesh in this folder.
    #[must_use]
    pub fn new(layout: &'a Layout, topology: Topology) -> Self {
        let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self {
            layout,
            topology,
            run: since_epoch.as_nanos(),
        }
    }

    /// Carries out all rows in their order.
    ///
    /// # Errors
    /// When a file of the demo cannot be read.
    pub async fn run(&self, rows: &[Row]) -> Result<Vec<Outcome>, RowError> {
        let started = Instant::now();
        let mut outcomes = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            if started.elapsed() > ALL_ROWS {
                outcomes.push(not_tried(row));
                continue;
            }
            let mark = self.mark(number);
            outcomes.push(
                self.run_by(row, &mark, async || self.send(row, &mark).await)
                    .await?,
            );
        }
        Ok(outcomes)
    }

    /// Carries out one row whose request, with this mark, is sent by `send`.
    ///
    /// # Errors
    /// When a file of the demo cannot be read, or `send` fails.
    pub async fn run_by(
        &self,
        row: &Row,
        mark: &str,
        send: impl AsyncFnOnce() -> Result<Got, RowError>,
    ) -> Result<Outcome, RowError> {
        let mut log = AccessLogReader::from_end(&self.layout.access_log(row.to))?;
        let got = send().await?;
        let line = next_line(&mut log, row, mark, &got).await?;
        let observation = Observation {
            got,
            reached: self.reached(row.to, mark).await,
            log: line,
        };
        self.judge(row, observation).await
    }

    /// A W3C trace context: the run is the trace, the row is the span, which must not be zero.
    #[must_use]
    pub fn mark(&self, number: usize) -> String {
        format!("00-{:032x}-{:016x}-01", self.run, number.saturating_add(1))
    }

    async fn judge(&self, row: &Row, observation: Observation) -> Result<Outcome, RowError> {
        let mut differences = observation.differences(row);
        if !differences.is_empty() && observation.hints_at_a_death() {
            differences.extend(self.deaths().await?);
        }
        Ok(Outcome {
            row: *row,
            observation: Ok(observation),
            differences,
        })
    }

    /// What has died, for a row whose answer failed to come; waits a moment, because the watcher may not have seen it yet.
    async fn deaths(&self) -> Result<Vec<String>, RowError> {
        let started = Instant::now();
        loop {
            let state = State::read(&self.layout.state())?;
            let deaths = state.map_or_else(|| Ok(Vec::new()), |state| state.deaths())?;
            let settled = deaths.iter().any(|death| !death.ends_with("no longer running"));
            if settled || started.elapsed() >= DEATH_PATIENCE {
                return Ok(deaths);
            }
            sleep(Duration::from_millis(25)).await;
        }
    }

    /// Sends the request of the row once, marked with `mark`, and looks neither into logs nor at the application.
    ///
    /// # Errors
    /// When an SVID of the sender cannot be read.
    pub async fn send(&self, row: &Row, mark: &str) -> Result<Got, RowError> {
        let headers = headers(row, mark);
        let Sender::Application(workload) = row.from else {
            return self.send_directly(row, headers).await;
        };
        let order = SendOrder {
            to: row.to.name().to_owned(),
            method: row.method.to_owned(),
            path: row.path.to_owned(),
            headers,
        };
        Ok(match self.control(workload).send(&order).await {
            Ok(Answer::Response { status, body }) => Got::Response { status, body },
            Ok(Answer::Failure { reason }) => not_sent(workload, "Envoy", reason),
            Err(error) => not_sent(workload, "application", error.to_string()),
        })
    }

    async fn send_directly(&self, row: &Row, headers: Vec<(String, String)>) -> Result<Got, RowError> {
        let mut request = HttpRequest::new(row.method, row.path).with_header("host", row.to.name());
        for (name, value) in headers {
            request = request.with_header(&name, value);
        }
        Ok(match self.direct_client(row)?.send(&request).await {
            Ok(response) => Got::Response {
                status: response.status,
                body: response.body_text(),
            },
            Err(failure) => Got::NoAnswer(failure),
        })
    }

    fn direct_client(&self, row: &Row) -> Result<Client, RowError> {
        let folder = match row.from {
            Sender::Plaintext => return Ok(self.plaintext_client(row.to)),
            Sender::PlaintextFrom(address) => return Ok(self.plaintext_client(row.to).with_source(address)),
            Sender::NoCertificate => None,
            Sender::Application(workload) | Sender::WithSvidOf(workload) => Some(self.layout.svid(workload)),
            Sender::Stranger(stranger) => Some(stranger.folder(self.layout)),
        };
        self.tls_client(row.to, folder.map(SvidDirectory::new))
    }

    fn plaintext_client(&self, to: Workload) -> Client {
        Client::plaintext(self.topology.of(to).inbound)
    }

    fn tls_client(&self, to: Workload, svid: Option<SvidDirectory>) -> Result<Client, RowError> {
        let bundle = read(&SvidDirectory::new(self.layout.svid(to)).bundle())?;
        let files = svid.map(|svid| read_pair(&svid)).transpose()?;
        let certificate = files
            .as_ref()
            .map_or(ClientCertificate::Absent, |(certificate, key)| {
                ClientCertificate::Presented {
                    certificate_pem: certificate,
                    private_key_pem: key,
                }
            });
        let options = TlsOptions {
            trust_bundle_pem: &bundle,
            server_spiffe_id: &to.spiffe_id(),
            certificate,
            server_name: None,
        };
        Ok(Client::tls(self.topology.of(to).inbound, &options)?)
    }

    async fn reached(&self, workload: Workload, mark: &str) -> Result<bool, String> {
        let tally = self.control(workload).tally().await;
        let tally = tally.map_err(|error| {
            format!(
                "{} application does not say what it received: {error}",
                workload.possessive()
            )
        })?;
        Ok(tally.marks.iter().any(|received| received == mark))
    }

    fn control(&self, workload: Workload) -> ControlClient {
        ControlClient::new(self.topology.of(workload).control)
    }
}

fn not_sent(workload: Workload, process: &str, reason: String) -> Got {
    Got::NotSent {
        at: format!("{} {process}", workload.possessive()),
        reason,
    }
}

/// The line about this request. Where nothing arrived at the workload's Envoy there is none to wait for.
async fn next_line(
    log: &mut AccessLogReader,
    row: &Row,
    mark: &str,
    got: &Got,
) -> Result<Option<AccessLogLine>, AccessLogError> {
    let arrived = match got {
        Got::Response { status, .. } => *status < 500,
        Got::NoAnswer(failure) => failure.is_refusal_by_peer() && row.expected == Expected::NoAnswer,
        Got::NotSent { .. } => false,
    };
    log.next_about(mark, if arrived { LOG_PATIENCE } else { Duration::ZERO })
        .await
}

fn headers(row: &Row, mark: &str) -> Vec<(String, String)> {
    let forged = row
        .forged_header()
        .map(|value| ("x-forwarded-client-cert".to_owned(), value));
    std::iter::once((MARK.to_owned(), mark.to_owned()))
        .chain(forged)
        .collect()
}

fn not_tried(row: &Row) -> Outcome {
    let reason = format!("not tried: the rows took longer than {ALL_ROWS:?}");
    Outcome {
        row: *row,
        observation: Err(reason.clone()),
        differences: vec![reason],
    }
}

fn read_pair(svid: &SvidDirectory) -> Result<(String, String), RowError> {
    Ok((read(&svid.certificate())?, read(&svid.private_key())?))
}

fn read(path: &Path) -> Result<String, RowError> {
    std::fs::read_to_string(path).map_err(|source| RowError::Read {
        path: path.to_owned(),
        source,
    })
}
