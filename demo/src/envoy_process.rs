//! One Envoy: its bootstrap written down, its process, and the wait until it serves.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::http_request::HttpRequest;
use crate::http_response::HttpResponse;
use crate::log_tail::log_tail;
use crate::mtls_client::Client;
use crate::process::{Launch, Lifetime, ManagedProcess, ProcessError, describe_exit};
use crate::transport_failure::TransportFailure;

/// How often the admin interface is asked whether the Envoy serves.
const POLL: Duration = Duration::from_millis(20);
/// One question to the admin interface.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How many lines of the log an error shows.
const TAIL_LINES: usize = 12;
/// How often Envoy writes its access log out. Its default is ten seconds, and each test or row would wait.
const LOG_FLUSH_MILLISECONDS: &str = "10";

/// What an Envoy is started with.
#[derive(Debug, Clone, Copy)]
pub struct EnvoyLaunch<'a> {
    /// The name that messages use.
    pub name: &'a str,
    /// The Envoy binary.
    pub binary: &'a Path,
    /// The bootstrap document.
    pub bootstrap: &'a Value,
    /// Where the bootstrap is written; its name ends in `.json`.
    pub bootstrap_file: &'a Path,
    /// Where Envoy's own log goes.
    pub log: &'a Path,
    /// The admin interface that the bootstrap configures.
    pub admin: SocketAddr,
}

/// A running Envoy. Dropping it kills it.
#[derive(Debug)]
pub struct EnvoyProcess {
    process: ManagedProcess,
    admin: SocketAddr,
}

/// An Envoy that does not serve.
#[derive(Debug, thiserror::Error)]
pub enum EnvoyError {
    /// The bootstrap cannot be written.
    #[error("cannot write the bootstrap `{}`", path.display())]
    Bootstrap {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The process cannot be started, watched or ended.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The process ended before it served.
    #[error("{name} ended before it served: {exit}; its log `{}` ends with\n{tail}", log.display())]
    Died {
        /// The Envoy.
        name: String,
        /// How it ended.
        exit: String,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        tail: String,
    },
    /// The process runs and does not serve.
    #[error("{name} does not serve after {after:?} ({last}); its log `{}` ends with\n{tail}", log.display())]
    NotReady {
        /// The Envoy.
        name: String,
        /// How long it was waited for.
        after: Duration,
        /// What its admin interface said last.
        last: String,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        tail: String,
    },
}

impl EnvoyProcess {
    /// Writes the bootstrap and starts the Envoy, with one worker and without the shared memory of hot
    /// restarts, so that any number can run beside each other. It need not serve yet.
    ///
    /// # Errors
    /// When the bootstrap cannot be written or the process cannot be started.
    pub fn spawn(launch: &EnvoyLaunch<'_>) -> Result<Self, EnvoyError> {
        std::fs::write(launch.bootstrap_file, format!("{:#}\n", launch.bootstrap)).map_err(|source| {
            EnvoyError::Bootstrap {
                path: launch.bootstrap_file.to_owned(),
                source,
            }
        })?;
        let launched = Launch {
            name: launch.name.to_owned(),
            command: command(launch),
            log: launch.log.to_owned(),
        };
        Ok(Self {
            process: ManagedProcess::spawn(launched, Lifetime::Bound)?,
            admin: launch.admin,
        })
    }

    /// Starts the Envoy and waits until it serves.
    ///
    /// # Errors
    /// When it cannot be started, dies, or does not serve within `patience`.
    pub async fn start(launch: &EnvoyLaunch<'_>, patience: Duration) -> Result<Self, EnvoyError> {
        let mut envoy = Self::spawn(launch)?;
        envoy.wait_until_ready(patience).await?;
        Ok(envoy)
    }

    /// Waits until the admin interface says that the Envoy serves.
    ///
    /// # Errors
    /// When it dies, or does not serve within `patience`.
    pub async fn wait_until_ready(&mut self, patience: Duration) -> Result<(), EnvoyError> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.exit()? {
                return Err(self.died(status));
            }
            let last = match self.admin(&HttpRequest::new("GET", "/ready")).await {
                Ok(response) if response.status == 200 => return Ok(()),
                Ok(response) => format!("its admin interface says `{}`", response.body_text().trim_end()),
                Err(failure) => format!("its admin interface: {failure}"),
            };
            if started.elapsed() >= patience {
                return Err(self.not_ready(patience, last));
            }
            sleep(POLL).await;
        }
    }

    /// Asks the admin interface.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn admin(&self, request: &HttpRequest) -> Result<HttpResponse, TransportFailure> {
        Client::plaintext(self.admin)
            .with_step_timeout(ADMIN_TIMEOUT)
            .send(request)
            .await
    }

    /// The process behind it.
    #[must_use]
    pub fn process(&self) -> &ManagedProcess {
        &self.process
    }

    /// The process behind it, to watch it or to end it.
    pub fn process_mut(&mut self) -> &mut ManagedProcess {
        &mut self.process
    }

    fn died(&self, status: ExitStatus) -> EnvoyError {
        EnvoyError::Died {
            name: self.process.name().to_owned(),
            exit: describe_exit(status),
            log: self.process.log().to_owned(),
            tail: log_tail(self.process.log(), TAIL_LINES),
        }
    }

    fn not_ready(&self, after: Duration, last: String) -> EnvoyError {
        EnvoyError::NotReady {
            name: self.process.name().to_owned(),
            after,
            last,
            log: self.process.log().to_owned(),
            tail: log_tail(self.process.log(), TAIL_LINES),
        }
    }
}

fn command(launch: &EnvoyLaunch<'_>) -> Vec<String> {
    let binary = launch.binary.display().to_string();
    let bootstrap = launch.bootstrap_file.display().to_string();
    let words = [
        &binary,
        "--config-path",
        &bootstrap,
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "--file-flush-interval-msec",
        LOG_FLUSH_MILLISECONDS,
        "--log-level",
        "info",
    ];
    words.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another process writes the script: a file that this one had open for writing may still be open in a
    /// child that another test just forked, and then it cannot be executed.
    fn write_script(path: &Path, script: &str) {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args([
            "-c",
            r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#,
            "sh",
        ]);
        assert!(shell.arg(path).arg(script).status().unwrap().success());
    }

    /// Starts a shell script in the place of Envoy.
    async fn start_script(test: &str, script: &str, patience: Duration) -> Result<EnvoyProcess, EnvoyError> {
        let folder = crate::scratch::folder(test);
        let binary = folder.join("envoy");
        write_script(&binary, script);
        let launch = EnvoyLaunch {
            name: "the test's Envoy",
            binary: &binary,
            bootstrap: &serde_json::json!({"admin": {}}),
            bootstrap_file: &folder.join("envoy.json"),
            log: &folder.join("envoy.log"),
            admin: crate::ports::free_loopback_addresses(1).unwrap().remove(0),
        };
        EnvoyProcess::start(&launch, patience).await
    }

    #[tokio::test]
    async fn an_envoy_that_dies_at_once_shows_the_end_of_its_log() {
        let error = start_script(
            "envoy-dies",
            "echo first; echo bad bootstrap; exit 1",
            Duration::from_secs(10),
        )
        .await
        .unwrap_err();
        let EnvoyError::Died { exit, tail, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(
            (exit.as_str(), tail.as_str()),
            ("exit status 1", "first\nbad bootstrap")
        );
    }

    #[tokio::test]
    async fn an_envoy_that_never_serves_is_given_up_after_the_deadline_and_killed() {
        let script = "echo $$; exec sleep 60";
        let error = start_script("envoy-hangs", script, Duration::from_millis(300))
            .await
            .unwrap_err();
        let EnvoyError::NotReady { last, tail, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(last, "its admin interface: connection refused");
        let pid: u32 = tail.parse().unwrap();
        let gone = async {
            while crate::process_identity::command_line(pid).unwrap().is_some() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), gone)
            .await
            .expect("it still runs");
    }

    #[tokio::test]
    async fn the_bootstrap_is_given_to_the_binary() {
        let error = start_script("envoy-arguments", "cat \"$2\"; exit 1", Duration::from_secs(10))
            .await
            .unwrap_err();
        let EnvoyError::Died { tail, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(
            serde_json::from_str::<Value>(&tail).unwrap(),
            serde_json::json!({"admin": {}})
        );
    }
}
