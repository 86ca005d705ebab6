//! [`run`]: starts the mesh, finds its peak, and lets everything happen at once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::scratch::Scratch;
use crate::soak::arrivals::Arrivals;
use crate::soak::chaos::Kills;
use crate::soak::findings::Findings;
use crate::soak::guard::{Fate, Guard};
use crate::soak::judge::Verdict;
use crate::soak::load::Load;
use crate::soak::memory::{self, Memory};
use crate::soak::outages::Victim;
use crate::soak::plan::Plan;
use crate::soak::rhythm::Rhythm;
use crate::soak::svids::Svids;
use crate::soak::tally::{Counts, Tally};
use crate::soak::updates::{UpdateCounts, Updates};

/// The workloads of the mesh.
const WORKLOADS: [(&str, Fate); 3] = [
    ("orders", Fate::Killed),
    ("payments", Fate::Killed),
    ("stock", Fate::Spared),
];
/// At most so many points of memory are kept of each Envoy.
const SAMPLES: u32 = 900;
const SHORTEST_SAMPLE: Duration = Duration::from_secs(1);
/// The last arrivals may still be on their way.
const AFTERMATH: Duration = Duration::from_millis(500);

/// The mesh, and what is written down about it.
struct Soak {
    plan: Plan,
    guards: Vec<Arc<Guard>>,
    svids: Arc<Svids>,
    load: Load,
    updates: Updates,
    kills: Kills,
    memory: Memory,
}

/// Runs a soak; `say` gets a line now and then for whoever watches.
///
/// # Errors
/// When the mesh cannot be started, or the picture cannot be drawn.
pub async fn run(plan: Plan, say: impl Fn(&str)) -> Result<Findings, String> {
    let scratch = Scratch::new("soak")?;
    say("starting the mesh");
    let soak = Soak::start(plan, scratch.path()).await?;
    say("measuring the peak");
    let peak = soak.load.peak(soak.plan.measure).await;
    let rate = peak / 2.0;
    let until = Instant::now() + soak.plan.length;
    tokio::join!(
        soak.load.steady(rate, soak.plan.length),
        soak.update(until),
        soak.rotate(until),
        soak.kill(until),
        soak.watch(until),
        soak.tell(until, &say),
    );
    sleep(AFTERMATH).await;
    let findings = soak.findings(peak, rate)?;
    if let Some(file) = &soak.plan.picture {
        let title = "Resident memory of each Envoy; a cross is a kill -9".to_owned();
        memory::picture(title, &findings.lives).draw(file)?;
    }
    if findings.wrong() + findings.ours() > 0 {
        say(&format!("the files are kept in {}", scratch.keep().display()));
    }
    Ok(findings)
}

impl Soak {
    async fn start(plan: Plan, folder: &Path) -> Result<Self, String> {
        let svids = Arc::new(Svids::new(&WORKLOADS.map(|(name, _)| name), folder)?);
        let mut guards = Vec::new();
        for (name, fate) in WORKLOADS {
            let guard = Guard::start(name, fate, folder, &plan).await?;
            guards.push(Arc::new(guard));
        }
        let load = Load {
            guards: guards.clone(),
            svids: Arc::clone(&svids),
            tally: Arc::new(Tally::default()),
            seed: plan.seed,
        };
        Ok(Self {
            plan,
            guards,
            svids,
            load,
            updates: Updates::default(),
            kills: Kills::default(),
            memory: Memory::default(),
        })
    }

    async fn update(&self, until: Instant) {
        let [first, second, third] = [0, 1, 2].map(|place| self.update_one(place, until));
        tokio::join!(first, second, third);
    }

    async fn update_one(&self, place: usize, until: Instant) {
        if let Some(guard) = self.guards.get(place) {
            let rhythm = self.rhythm(self.plan.update_every, until, place);
            self.updates.run(guard, &self.load.tally, rhythm).await;
        }
    }

    async fn rotate(&self, until: Instant) {
        while Instant::now() + self.plan.rotate_every < until {
            sleep(self.plan.rotate_every).await;
            if let Err(failure) = self.svids.rotate() {
                self.load.tally.fail(format!("SVIDs were not rotated: {failure}"));
            }
        }
    }

    async fn kill(&self, until: Instant) {
        let tally = &self.load.tally;
        let killing = |victim, number| {
            let rhythm = self.rhythm(self.plan.kill_every, until, number);
            self.kills.run(victim, &self.guards, tally, rhythm)
        };
        tokio::join!(killing(Victim::Envoy, 11), killing(Victim::Application, 12));
    }

    async fn watch(&self, until: Instant) {
        let every = (self.plan.length / SAMPLES).max(SHORTEST_SAMPLE);
        let watch = self.memory.watch(&self.guards, &self.load.tally, (every, until));
        watch.await;
    }

    async fn tell(&self, until: Instant, say: &impl Fn(&str)) {
        while Instant::now() < until {
            say(&self.state(&self.load.tally.counts()));
            sleep(Duration::from_secs(1)).await;
        }
    }

    fn state(&self, counts: &Counts) -> String {
        format!(
            "{} allowed, {} denied, {} wrong, {} explained, {} ours; {} + {} kills",
            counts.of(Verdict::Allowed),
            counts.of(Verdict::Denied),
            counts.of(Verdict::Wrong),
            counts.of(Verdict::Explained),
            counts.of(Verdict::Ours) + u64::try_from(counts.failures.len()).unwrap_or(u64::MAX),
            self.kills.of(Victim::Envoy),
            self.kills.of(Victim::Application),
        )
    }

    /// Each number has dice of its own.
    fn rhythm(&self, every: Duration, until: Instant, number: usize) -> Rhythm {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let seed = self
            .plan
            .seed
            .wrapping_add(number)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let dice = fastrand::Rng::with_seed(seed);
        Rhythm { every, until, dice }
    }

    fn findings(&self, peak: f64, rate: f64) -> Result<Findings, String> {
        let mut all = 0;
        let mut forbidden = Vec::new();
        for guard in &self.guards {
            let arrivals = Arrivals::read(&guard.arrivals(), guard.name, &guard.versions())?;
            all += arrivals.all;
            forbidden.extend(arrivals.forbidden);
        }
        let updates: UpdateCounts = self.updates.counts();
        Ok(Findings {
            seed: self.plan.seed,
            length: self.plan.length,
            settle: self.plan.settle,
            margin: self.plan.margin,
            clients: self.load.clients(),
            peak,
            rate,
            counts: self.load.tally.counts(),
            updates,
            rotations: self.svids.rotations(),
            killed_envoys: self.kills.of(Victim::Envoy),
            killed_applications: self.kills.of(Victim::Application),
            outages: self.outages(),
            arrivals: all,
            forbidden_arrivals: forbidden,
            lives: self.memory.lives(),
        })
    }

    fn outages(&self) -> Vec<Duration> {
        let lengths = |guard: &Arc<Guard>| guard.outages().lengths().collect::<Vec<_>>();
        self.guards.iter().flat_map(lengths).collect()
    }
}
