//! [`measure`]: one setting, pushed to again and again.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::discovery::bootstrap::take_filter_from;
use crate::envoy::guarded::Guarded;
use crate::scale::child::Child;
use crate::scale::cpu;
use crate::scale::policies::changed;
use crate::scale::serve::Served;
use crate::scale::setting::{Beside, Setting};
use crate::scale::subscribe::Traffic;

/// How long an Envoy is watched after its ACK: its threads make their machines, and the old ones go.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// What one push took.
#[derive(Clone, Debug)]
pub struct Push {
    /// What the server saw.
    pub served: Served,
    /// Bytes that all subscribers together received.
    pub received: u64,
    /// Bytes that all subscribers together sent.
    pub sent: u64,
    /// The CPU time of Envoy, without what it uses when nothing is pushed.
    pub envoy_cpu: Option<Duration>,
}

/// What a setting has shown.
#[derive(Clone, Debug)]
pub struct Row {
    /// The setting.
    pub setting: Setting,
    /// Its pushes in their order.
    pub pushes: Vec<Push>,
}

impl Row {
    /// The median of this figure over all pushes.
    pub fn median<T: Ord>(&self, figure: impl FnMut(&Push) -> T) -> Option<T> {
        let mut figures: Vec<T> = self.pushes.iter().map(figure).collect();
        figures.sort();
        let middle = figures.len() / 2;
        figures.into_iter().nth(middle)
    }

    /// A sum over all subscribers as the share of one.
    #[must_use]
    pub fn of_one(&self, sum: u64) -> u64 {
        let subscribers = u64::try_from(self.setting.subscribers).unwrap_or(u64::MAX);
        sum / subscribers.max(1)
    }
}

/// Starts `program` as the server and as the subscribers, pushes one change that is not counted, and then so many.
///
/// # Errors
/// When anything does not start, or a proxy does not take a version.
pub async fn measure(program: &Path, setting: &Setting, pushes: usize) -> Result<Row, String> {
    let mut site = Site::start(program, setting).await?;
    site.push().await?;
    let mut row = Row {
        setting: setting.clone(),
        pushes: Vec::new(),
    };
    for _ in 0..pushes {
        row.pushes.push(site.push().await?);
    }
    Ok(row)
}

struct Site {
    /// Declared first: proxies end before their server.
    envoy: Option<Guarded>,
    subscribers: Child,
    server: Child,
}

impl Site {
    async fn start(program: &Path, setting: &Setting) -> Result<Self, String> {
        let with = |role: &str| [vec![role.to_owned()], setting.arguments()].concat();
        let mut server = Child::start(program, with("serve"))?;
        let address = server.line()?;
        let mut arguments = with("subscribe");
        arguments.push(format!("--server={address}"));
        let subscribers = Child::start(program, arguments)?;
        let address: SocketAddr = address.parse().map_err(|error| format!("{address}: {error}"))?;
        let envoy = match setting.beside {
            Beside::Nobody => None,
            Beside::Envoy => Some(envoy(setting, address).await?),
        };
        let _all_have_the_first: Served = server.ask()?;
        Ok(Self {
            envoy,
            subscribers,
            server,
        })
    }

    async fn push(&mut self) -> Result<Push, String> {
        let idle = self.envoy_cpu()?;
        if self.envoy.is_some() {
            sleep(AFTERWARDS).await;
        }
        let (used, before) = (self.envoy_cpu()?, self.traffic()?);
        let served: Served = self.server.ask()?;
        let after = self.traffic()?;
        if self.envoy.is_some() {
            sleep(AFTERWARDS).await;
        }
        let spent = |before: Option<Duration>, after: Option<Duration>| {
            before
                .zip(after)
                .map(|(before, after)| after.saturating_sub(before))
        };
        let idle = spent(idle, used);
        let busy = spent(used, self.envoy_cpu()?);
        Ok(Push {
            served,
            received: after.received.saturating_sub(before.received),
            sent: after.sent.saturating_sub(before.sent),
            envoy_cpu: spent(idle, busy),
        })
    }

    fn traffic(&mut self) -> Result<Traffic, String> {
        self.subscribers.ask()
    }

    fn envoy_cpu(&self) -> Result<Option<Duration>, String> {
        let process = self.envoy.as_ref().map(|guarded| guarded.envoy.process_id());
        process.map(cpu::of_process).transpose()
    }
}

/// The shipped sidecar, whose filter comes from this control plane.
async fn envoy(setting: &Setting, control_plane: SocketAddr) -> Result<Guarded, String> {
    let configuration = changed(setting.rules, 0);
    let protocol = setting.protocol;
    let change = move |bootstrap: &mut Value, _: &mut Value| {
        take_filter_from(bootstrap, control_plane, protocol);
    };
    Guarded::start_changed("scale", &configuration, change).await
}
