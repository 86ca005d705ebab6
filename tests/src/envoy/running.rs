//! [`RunningEnvoy`]: a bootstrap, started.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use spiffe_authz_demo::envoy_process::{EnvoyLaunch, EnvoyProcess};
use tokio::time::{Instant, sleep};

use crate::envoy::admin;
use crate::scratch::Scratch;
use crate::workspace;

/// How long an Envoy may take until it serves. It waits for its listeners, and those for the filter's compilation.
const START_PATIENCE: Duration = Duration::from_secs(90);
/// How long an Envoy may take until it has noticed something.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);
const GRACE: Duration = Duration::from_secs(5);

/// An Envoy that serves. It ends with this value.
#[derive(Debug)]
pub struct RunningEnvoy {
    process: EnvoyProcess,
    log: PathBuf,
}

impl RunningEnvoy {
    /// Starts Envoy and waits until it serves.
    ///
    /// # Errors
    /// When there is no Envoy, or it does not serve.
    pub async fn start(scratch: &Scratch, bootstrap: &Value, admin: SocketAddr) -> Result<Self, String> {
        let log = scratch.path().join("envoy.log");
        let launch = EnvoyLaunch {
            name: "the tests' Envoy",
            binary: &workspace::envoy()?,
            bootstrap,
            bootstrap_file: &scratch.path().join("envoy.json"),
            log: &log,
            admin,
        };
        let process = EnvoyProcess::start(&launch, START_PATIENCE)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self { process, log })
    }

    /// Everything that Envoy has logged so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String, String> {
        read_log(&self.log)
    }

    /// What Envoy has logged from this byte of its log on.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log_from(&self, offset: u64) -> Result<String, String> {
        let failed = |error| format!("cannot read `{}`: {error}", self.log.display());
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(&self.log).map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        file.read_to_end(&mut bytes).map_err(failed)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// How many bytes Envoy has logged so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log_length(&self) -> Result<u64, String> {
        let failed = |error| format!("cannot read `{}`: {error}", self.log.display());
        std::fs::metadata(&self.log).map(|log| log.len()).map_err(failed)
    }

    /// The sum of all counters whose name ends so.
    ///
    /// # Errors
    /// When the admin interface does not answer.
    pub async fn counter(&self, name_ends_in: &str) -> Result<u64, String> {
        admin::counter(&self.process, name_ends_in).await
    }

    /// All metrics, as Prometheus reads them.
    ///
    /// # Errors
    /// When the admin interface does not answer.
    pub async fn prometheus(&self) -> Result<String, String> {
        admin::prometheus(&self.process).await
    }

    /// All metrics once this line stands among them: Envoy configures its threads one after the other, and merges the
    /// histograms of them every few seconds.
    ///
    /// # Errors
    /// When it takes too long or the admin interface does not answer.
    pub async fn wait_for_line(&self, line: &str) -> Result<String, String> {
        let started = Instant::now();
        loop {
            let metrics = self.prometheus().await?;
            if metrics.lines().any(|shown| shown == line) {
                return Ok(metrics);
            }
            if started.elapsed() > PATIENCE {
                return Err(format!(
                    "`{line}` does not stand in the metrics after {PATIENCE:?}"
                ));
            }
            sleep(POLL).await;
        }
    }

    /// What the admin interface says under this path.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn admin(&self, path: &str) -> Result<String, String> {
        admin::text(&self.process, path).await
    }

    /// Waits until a counter has reached this value.
    ///
    /// # Errors
    /// When it takes too long or the admin interface does not answer.
    pub async fn wait_for_counter(&self, name_ends_in: &str, value: u64) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let found = self.counter(name_ends_in).await?;
            if found >= value {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(format!(
                    "`{name_ends_in}` is {found} and not {value} after {PATIENCE:?}"
                ));
            }
            sleep(POLL).await;
        }
    }

    /// Whether the process still runs.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn is_running(&mut self) -> Result<bool, String> {
        self.process
            .process_mut()
            .exit()
            .map(|exit| exit.is_none())
            .map_err(|error| error.to_string())
    }

    /// The id of the process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.process().id()
    }

    /// Ends the process and waits for its end.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn stop(mut self) -> Result<(), String> {
        self.process
            .process_mut()
            .stop(GRACE)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

fn read_log(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
