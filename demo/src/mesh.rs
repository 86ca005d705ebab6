//! The mesh: three applications, three Envoys, their SVIDs and their configurations.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::control::ControlClient;
use crate::envoy_process::{EnvoyLaunch, EnvoyProcess};
use crate::identities::Identities;
use crate::layout::Layout;
use crate::log_tail::log_tail;
use crate::mesh_error::MeshError;
use crate::policies::POLICIES;
use crate::process::{Launch, Lifetime, ManagedProcess, describe_exit};
use crate::process_identity::ProcessIdentity;
use crate::process_record::ProcessRecord;
use crate::replace_file::replace_file;
use crate::sidecars::Sidecars;
use crate::state::{Phase, State};
use crate::workload::{Topology, Workload};

/// How often a starting application is asked whether it serves.
const POLL: Duration = Duration::from_millis(10);
/// A process that was told to end is killed after this long.
pub const GRACE: Duration = Duration::from_secs(3);

/// What a mesh is made of.
#[derive(Debug, Clone)]
pub struct MeshOptions {
    /// The Envoy binary.
    pub envoy: PathBuf,
    /// The filter, `spiffe_authz_filter.wasm`.
    pub filter: PathBuf,
    /// The program whose subcommand `application` is the demo application.
    pub application: PathBuf,
    /// The folder for everything that is written.
    pub layout: Layout,
}

/// A mesh that this process owns. Dropping it kills what it started.
pub struct Mesh {
    options: MeshOptions,
    identities: Identities,
    applications: Vec<ManagedProcess>,
    envoys: Vec<EnvoyProcess>,
    state: State,
}

impl Mesh {
    /// Checks that the files are there which the mesh needs.
    ///
    /// # Errors
    /// When one is missing.
    pub fn check(options: &MeshOptions) -> Result<(), MeshError> {
        require(
            &options.envoy,
            "the Envoy binary",
            "get one by scripts/fetch-envoy.sh",
        )?;
        require(&options.filter, "the filter", "build it by `make wasm`")
    }

    /// Issues the SVIDs and writes the configurations; starts nothing. The access logs of an earlier mesh are removed; every
    /// other log is written anew.
    ///
    /// # Errors
    /// When a file is missing or cannot be written, or there are no free ports.
    pub fn prepare(options: MeshOptions) -> Result<Self, MeshError> {
        Self::check(&options)?;
        let layout = &options.layout;
        layout.create()?;
        remove_access_logs(layout)?;
        let topology = Topology::pick().map_err(MeshError::Ports)?;
        let identities = Identities::new()?;
        identities.write(layout)?;
        let policies = layout.policies();
        replace_file(&policies, POLICIES).map_err(|source| MeshError::Write {
            path: policies,
            source,
        })?;
        let state = State::new(topology, &options.filter).map_err(MeshError::OwnProcess)?;
        let mesh = Self {
            options,
            identities,
            applications: Vec::new(),
            envoys: Vec::new(),
            state,
        };
        for workload in Workload::ALL {
            mesh.sidecars().write_files(workload, POLICIES)?;
        }
        Ok(mesh)
    }

    /// Starts all processes and waits until all of them serve.
    ///
    /// # Errors
    /// When one cannot be started, dies, or does not serve within `patience`.
    pub async fn start(&mut self, patience: Duration) -> Result<(), MeshError> {
        self.save()?;
        for workload in Workload::ALL {
            self.spawn_application(workload)?;
            self.spawn_envoy(workload)?;
        }
        let deadline = Instant::now().checked_add(patience).unwrap_or_else(Instant::now);
        for (application, workload) in self.applications.iter_mut().zip(Workload::ALL) {
            let control = ControlClient::new(self.state.topology.of(workload).control);
            wait_for_application(application, &control, deadline).await?;
        }
        for envoy in &mut self.envoys {
            envoy
                .wait_until_ready(deadline.saturating_duration_since(Instant::now()))
                .await?;
        }
        self.state.phase = Phase::Ready;
        self.save()
    }

    /// The state as of the last look.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Writes down which processes have ended since the last look.
    ///
    /// # Errors
    /// When the operating system does not say, or the state cannot be written.
    pub fn note_exits(&mut self) -> Result<(), MeshError> {
        let mut changed = false;
        let envoys = self.envoys.iter_mut().map(EnvoyProcess::process_mut);
        for process in self.applications.iter_mut().chain(envoys) {
            let Some(status) = process.exit()? else { continue };
            let records = self.state.processes.iter_mut();
            for record in records.filter(|record| record.name == process.name() && record.exit.is_none()) {
                record.exit = Some(describe_exit(status));
                changed = true;
            }
        }
        if changed { self.save() } else { Ok(()) }
    }

    /// Issues all SVIDs anew. The Envoys take them up without a restart.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn renew_svids(&self) -> Result<(), MeshError> {
        Ok(self.identities.write(&self.options.layout)?)
    }

    /// Ends every process of the mesh and removes the state file. The first failure is returned after all
    /// were tried.
    ///
    /// # Errors
    /// When a process does not end, or the state cannot be removed.
    pub async fn stop(mut self) -> Result<(), MeshError> {
        let mut failure = None;
        let envoys = self.envoys.iter_mut().map(EnvoyProcess::process_mut);
        let mut processes: Vec<&mut ManagedProcess> = envoys.chain(&mut self.applications).collect();
        for process in &mut processes {
            failure = process.ask_to_end().err().or(failure);
        }
        for process in &mut processes {
            failure = process.stop(GRACE).await.err().or(failure);
        }
        match failure {
            Some(failure) => Err(failure.into()),
            None => Ok(State::remove(&self.options.layout.state())?),
        }
    }

    fn save(&self) -> Result<(), MeshError> {
        Ok(self.state.write(&self.options.layout.state())?)
    }

    fn sidecars(&self) -> Sidecars<'_> {
        Sidecars {
            layout: &self.options.layout,
            filter: &self.options.filter,
            topology: &self.state.topology,
        }
    }

    fn spawn_application(&mut self, workload: Workload) -> Result<(), MeshError> {
        let addresses = self.state.topology.of(workload);
        let mut command = vec![
            self.options.application.display().to_string(),
            "application".to_owned(),
            format!("--name={workload}"),
            format!("--listen={}", addresses.application),
            format!("--control={}", addresses.control),
        ];
        command.extend(
            addresses
                .outbound
                .iter()
                .map(|(peer, address)| format!("--outbound={peer}={address}")),
        );
        let log = self.options.layout.log(&format!("{workload}-application"));
        let launch = Launch {
            name: format!("{} application", workload.possessive()),
            command,
            log,
        };
        let process = ManagedProcess::spawn(launch, Lifetime::Bound)?;
        self.record(&process)?;
        self.applications.push(process);
        Ok(())
    }

    fn spawn_envoy(&mut self, workload: Workload) -> Result<(), MeshError> {
        let layout = &self.options.layout;
        let envoy = EnvoyProcess::spawn(&EnvoyLaunch {
            name: &format!("{} Envoy", workload.possessive()),
            binary: &self.options.envoy,
            bootstrap: &self.sidecars().of(workload)?.bootstrap(),
            bootstrap_file: &layout.workload(workload).join("envoy.json"),
            log: &layout.log(&format!("{workload}-envoy")),
            admin: self.state.topology.of(workload).admin,
        })?;
        self.record(envoy.process())?;
        self.envoys.push(envoy);
        Ok(())
    }

    fn record(&mut self, process: &ManagedProcess) -> Result<(), MeshError> {
        let identity = ProcessIdentity {
            pid: process.id(),
            command: process.launch().command.clone(),
        };
        let (name, log) = (process.name().to_owned(), process.log().to_owned());
        self.state.processes.push(ProcessRecord {
            name,
            identity,
            log,
            exit: None,
        });
        self.save()
    }
}

async fn wait_for_application(
    application: &mut ManagedProcess,
    control: &ControlClient,
    deadline: Instant,
) -> Result<(), MeshError> {
    loop {
        let reason = match (application.exit()?, control.tally().await) {
            (Some(status), _) => Err(describe_exit(status)),
            (None, Ok(_)) => return Ok(()),
            (None, Err(error)) if Instant::now() < deadline => Ok(error),
            (None, Err(error)) => Err(error.to_string()),
        };
        match reason {
            Ok(_not_yet) => sleep(POLL).await,
            Err(reason) => return Err(application_error(application, reason)),
        }
    }
}

fn application_error(application: &ManagedProcess, reason: String) -> MeshError {
    MeshError::Application {
        name: application.name().to_owned(),
        reason,
        log: application.log().to_owned(),
        tail: log_tail(application.log(), 12),
    }
}

fn require(path: &Path, what: &'static str, fix: &'static str) -> Result<(), MeshError> {
    if path.is_file() {
        Ok(())
    } else {
        Err(MeshError::Missing {
            what,
            path: path.to_owned(),
            fix,
        })
    }
}

/// Envoy appends to an access log that is there.
fn remove_access_logs(layout: &Layout) -> Result<(), MeshError> {
    for path in Workload::ALL.map(|workload| layout.access_log(workload)) {
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(MeshError::Write { path, source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
