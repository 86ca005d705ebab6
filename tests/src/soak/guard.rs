//! [`Guard`]: a workload, its Envoy with the filter and its application, both of which can be killed.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_demo::replace_file::replace_file;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, Inbound, InboundTransport, LoopbackAddress,
    Node, Sidecar, SvidPaths, TrustBundle, ecds,
};
use spiffe_authz_pki::SvidDirectory;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::soak::admin;
use crate::soak::moment::Moment;
use crate::soak::outages::{Outages, Victim};
use crate::soak::plan::Plan;
use crate::soak::policies::configuration;
use crate::soak::process::Process;
use crate::soak::versions::Versions;
use crate::workspace;

/// How long a process may take to serve: far longer than it does on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(20);
/// The worker threads of an Envoy: an update has to reach each of them.
const WORKERS: &str = "2";

/// Whether the processes of a workload are killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Killed,
    /// So that one Envoy's memory is seen over the whole time.
    Spared,
}

/// A workload.
pub(super) struct Guard {
    pub(super) name: &'static str,
    pub(super) fate: Fate,
    pub(super) envoy: tokio::sync::Mutex<Process>,
    pub(super) application: tokio::sync::Mutex<Process>,
    envoy_id: AtomicU32,
    is_up: AtomicBool,
    kills: AtomicU64,
    versions: Mutex<Versions>,
    outages: Mutex<Outages>,
    settle: Duration,
    place: Place,
}

/// Where everything of a workload is.
struct Place {
    folder: PathBuf,
    sidecar: Sidecar,
    discovery: FilePath,
    application: SocketAddr,
    command: Vec<String>,
}

impl Guard {
    /// Starts both processes, and waits until they serve.
    pub(super) async fn start(
        name: &'static str,
        fate: Fate,
        folder: &Path,
        plan: &Plan,
    ) -> Result<Self, String> {
        let place = Place::new(name, folder, plan)?;
        place.write_configuration(&configuration(name, 0).to_string())?;
        let application = place.start_application()?;
        let envoy = place.start_envoy()?;
        let guard = Self {
            name,
            fate,
            envoy_id: AtomicU32::new(envoy.id()),
            envoy: tokio::sync::Mutex::new(envoy),
            application: tokio::sync::Mutex::new(application),
            is_up: AtomicBool::new(true),
            kills: AtomicU64::new(0),
            versions: Mutex::new(Versions::new(Moment::now())),
            outages: Mutex::new(Outages::new(plan.margin)),
            settle: plan.settle,
            place,
        };
        guard.wait_for_application().await?;
        guard.wait_for_envoy().await?;
        Ok(guard)
    }

    pub(super) fn inbound(&self) -> SocketAddr {
        self.place.sidecar.inbound.listen
    }

    pub(super) fn admin(&self) -> SocketAddr {
        self.place.sidecar.admin.socket_addr()
    }

    /// The file in which the application writes what arrives.
    pub(super) fn arrivals(&self) -> PathBuf {
        self.place.arrivals()
    }

    /// The id of the Envoy that runs, or that ran last.
    pub(super) fn envoy_id(&self) -> u32 {
        self.envoy_id.load(Ordering::Relaxed)
    }

    /// How often its Envoy was killed so far, where it serves now.
    pub(super) fn life(&self) -> Option<u64> {
        let is_up = self.is_up.load(Ordering::SeqCst);
        is_up.then(|| self.kills.load(Ordering::SeqCst))
    }

    pub(super) fn versions(&self) -> MutexGuard<'_, Versions> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn outages(&self) -> MutexGuard<'_, Outages> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the next version; returns its number.
    pub(super) fn write_version(&self) -> Result<u64, String> {
        let version = self.versions().write(Moment::now());
        let text = configuration(self.name, version).to_string();
        self.place.write_configuration(&text)?;
        Ok(version)
    }

    /// Writes a configuration that is not to count.
    pub(super) fn write_bad(&self, text: &str) -> Result<(), String> {
        self.place.write_configuration(text)
    }

    /// No version before this one judges, once all workers have it.
    pub(super) fn settle(&self, version: u64) {
        let settled = Moment::now().plus(self.settle);
        self.versions().settle(version, settled);
    }

    /// Kills the Envoy, and starts it again after a pause.
    pub(super) async fn kill_envoy(&self, pause: Duration) -> Result<(), String> {
        let mut envoy = self.envoy.lock().await;
        self.is_up.store(false, Ordering::SeqCst);
        self.kills.fetch_add(1, Ordering::SeqCst);
        let outage = self.outages().open(Victim::Envoy, Moment::now());
        envoy.kill().await?;
        sleep(pause).await;
        *envoy = self.place.start_envoy()?;
        self.envoy_id.store(envoy.id(), Ordering::Relaxed);
        self.wait_for_envoy().await?;
        let newest = self.versions().newest();
        self.settle(newest);
        self.outages().close(outage, Moment::now());
        self.is_up.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Kills the application, and starts it again after a pause.
    pub(super) async fn kill_application(&self, pause: Duration) -> Result<(), String> {
        let mut application = self.application.lock().await;
        let outage = self.outages().open(Victim::Application, Moment::now());
        application.kill().await?;
        sleep(pause).await;
        *application = self.place.start_application()?;
        self.wait_for_application().await?;
        self.outages().close(outage, Moment::now());
        Ok(())
    }

    async fn wait_for_envoy(&self) -> Result<(), String> {
        let started = Instant::now();
        while !admin::is_ready(self.admin()).await {
            self.check(started, "Envoy")?;
            sleep(POLL).await;
        }
        Ok(())
    }

    async fn wait_for_application(&self) -> Result<(), String> {
        let started = Instant::now();
        while TcpStream::connect(self.place.application).await.is_err() {
            self.check(started, "application")?;
            sleep(POLL).await;
        }
        Ok(())
    }

    fn check(&self, started: Instant, what: &str) -> Result<(), String> {
        if started.elapsed() < PATIENCE {
            return Ok(());
        }
        let log = fs::read_to_string(self.place.folder.join("envoy.log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(5).collect();
        Err(format!(
            "{}: the {what} does not serve after {PATIENCE:?}: {tail:?}",
            self.name
        ))
    }
}

impl Place {
    fn new(name: &'static str, folder: &Path, plan: &Plan) -> Result<Self, String> {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let free = free_loopback_addresses(3).map_err(|error| error.to_string())?;
        let [admin, inbound, application] = free[..] else {
            return Err("too few ports were picked".to_owned());
        };
        let discovery = file(folder.join("filter.ecds.json"))?;
        let loopback =
            |address: SocketAddr| LoopbackAddress::try_from(address).map_err(|error| error.to_string());
        let sidecar = Sidecar {
            node: node(name),
            admin: loopback(admin)?,
            metrics: None,
            inbound: Inbound {
                listen: inbound,
                application: loopback(application)?,
                protocol: ApplicationProtocol::Http,
                transport: InboundTransport::Permissive,
            },
            outbound: Vec::new(),
            svid: svid_paths(&folder)?.into(),
            filter: FilterModule {
                wasm: file(workspace::filter_wasm()?)?,
                source: FilterSource::Ecds {
                    path: discovery.clone(),
                },
            },
            // Half an hour of it would fill the disk.
            access_log: file(PathBuf::from("/dev/null"))?,
        };
        let place = Self {
            folder,
            sidecar,
            discovery,
            application,
            command: plan.application.clone(),
        };
        place.write_documents()?;
        Ok(place)
    }

    fn write_documents(&self) -> Result<(), String> {
        for document in self.sidecar.sds_documents() {
            write(document.path.as_path(), &document.document.to_string())?;
        }
        write(&self.bootstrap(), &self.sidecar.bootstrap().to_string())
    }

    fn write_configuration(&self, text: &str) -> Result<(), String> {
        let document = ecds::document(&self.sidecar.filter, ApplicationProtocol::Http, text);
        write(self.discovery.as_path(), &document.to_string())
    }

    fn start_envoy(&self) -> Result<Process, String> {
        let envoy = workspace::envoy()?.display().to_string();
        let bootstrap = self.bootstrap().display().to_string();
        let words = [
            envoy.as_str(),
            "--config-path",
            &bootstrap,
            "--concurrency",
            WORKERS,
        ];
        // Its log holds a line for each denial at the level below.
        let rest = ["--disable-hot-restart", "--log-level", "error"];
        let command: Vec<String> = words.into_iter().chain(rest).map(str::to_owned).collect();
        Process::start(&command, &self.folder.join("envoy.log"))
    }

    fn start_application(&self) -> Result<Process, String> {
        let mut command = self.command.clone();
        command.push(self.application.to_string());
        command.push(self.arrivals().display().to_string());
        Process::start(&command, &self.folder.join("application.log"))
    }

    fn bootstrap(&self) -> PathBuf {
        self.folder.join("envoy.json")
    }

    fn arrivals(&self) -> PathBuf {
        self.folder.join("arrivals")
    }
}

fn node(name: &str) -> Node {
    Node {
        id: format!("{name}-1"),
        cluster: name.to_owned(),
        namespace: "shop".to_owned(),
        labels: BTreeMap::from([("app".to_owned(), name.to_owned())]),
    }
}

fn svid_paths(folder: &Path) -> Result<SvidPaths, String> {
    let svid = SvidDirectory::new(folder.join("svid"));
    Ok(SvidPaths {
        svid_sds: file(folder.join("svid.sds.json"))?,
        trust_bundle_sds: file(folder.join("trust-bundle.sds.json"))?,
        certificate: file(svid.certificate())?,
        private_key: file(svid.private_key())?,
        trust_bundle: TrustBundle::OneForAll(file(svid.bundle())?),
        watched_directory: file(svid.path().to_owned())?,
    })
}

fn file(path: PathBuf) -> Result<FilePath, String> {
    FilePath::new(path).map_err(|error| error.to_string())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    replace_file(path, text).map_err(|error| format!("`{}`: {error}", path.display()))
}
