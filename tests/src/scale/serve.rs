//! The process of the server.

use std::io::BufRead as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use crate::discovery::{Answer, Answers, DiscoveryServer, Shelf, Version};
use crate::scale::cpu;
use crate::scale::policies::resource;
use crate::scale::setting::{Beside, Setting};
use crate::scale::subscribe::NODE;
use crate::workspace;

/// What one version took on the side of the server.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Served {
    /// How many subscribers took it.
    pub acks: usize,
    /// From its publication until the last of them had.
    pub last_ack: Duration,
    /// The CPU time of the threads that serve; what made the resource is not in it.
    pub cpu: Duration,
    /// From its publication until Envoy took it.
    pub envoy_ack: Option<Duration>,
}

/// Serves the policy set of the setting and prints its address. The first line of the input waits until everybody has
/// the first version; each further line publishes a change. Each is answered by a line with what was [`Served`]; it
/// ends with the input.
///
/// # Errors
/// When it cannot serve, or a proxy refuses the set or does not answer.
pub fn serve(setting: &Setting) -> Result<(), String> {
    let server = Server::start(setting)?;
    println!("{}", server.address);
    for (change, line) in std::io::stdin().lock().lines().enumerate() {
        line.map_err(|error| error.to_string())?;
        let served = match change {
            0 => server.served(1, Instant::now(), Duration::ZERO)?,
            _ => server.push(change)?,
        };
        println!(
            "{}",
            serde_json::to_string(&served).map_err(|error| error.to_string())?
        );
    }
    Ok(())
}

struct Server {
    setting: Setting,
    shelf: Shelf,
    answers: Answers,
    wasm: String,
    address: SocketAddr,
    /// For what waits on the first thread.
    waiting: Runtime,
    _serving: DiscoveryServer,
}

impl Server {
    fn start(setting: &Setting) -> Result<Self, String> {
        let (shelf, answers) = (Shelf::default(), Answers::default());
        let wasm = workspace::filter_wasm()?.display().to_string();
        shelf.publish(resource(&wasm, setting.rules, 0));
        let (serving, address) = DiscoveryServer::on_loopback(&shelf, &answers)?;
        let waiting = Builder::new_current_thread().enable_all().build();
        Ok(Self {
            setting: setting.clone(),
            shelf,
            answers,
            wasm,
            address,
            waiting: waiting.map_err(|error| error.to_string())?,
            _serving: serving,
        })
    }

    fn push(&self, change: usize) -> Result<Served, String> {
        let changed = resource(&self.wasm, self.setting.rules, change);
        let used = cpu::of_other_threads()?;
        let published = Instant::now();
        let version = self.shelf.publish(changed);
        self.served(version, published, used)
    }

    fn served(&self, version: Version, published: Instant, used: Duration) -> Result<Served, String> {
        let subscribers = self.setting.subscribers;
        let last = self.taken(version, is_subscriber, subscribers, published);
        let envoy = async {
            match self.setting.beside {
                Beside::Nobody => Ok(None),
                Beside::Envoy => self.taken(version, is_other, 1, published).await.map(Some),
            }
        };
        let (last_ack, envoy_ack) = self.waiting.block_on(async { tokio::try_join!(last, envoy) })?;
        Ok(Served {
            acks: subscribers,
            last_ack,
            cpu: cpu::of_other_threads()?.saturating_sub(used),
            envoy_ack,
        })
    }

    /// How long it took until so many of them had taken this version.
    async fn taken(
        &self,
        version: Version,
        is_one: impl Fn(&Answer) -> bool,
        count: usize,
        published: Instant,
    ) -> Result<Duration, String> {
        let of = |answer: &&Answer| answer.version == version && is_one(answer);
        let all = |answers: &[Answer]| answers.iter().rev().filter(of).count() >= count;
        self.answers.until(all).await?;
        let taken = published.elapsed();
        let answers = self.answers.all();
        match answers
            .iter()
            .filter(of)
            .find_map(|answer| answer.refused.as_ref())
        {
            None => Ok(taken),
            Some(reason) => Err(format!("version {version} was refused: {reason}")),
        }
    }
}

fn is_subscriber(answer: &Answer) -> bool {
    answer.node.starts_with(NODE)
}

fn is_other(answer: &Answer) -> bool {
    !is_subscriber(answer)
}
