//! [`Load`]: what a client does at one listener, over and over, and [`Slice`]: what a short time of it cost.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::time::sleep;

use crate::envoy::client::{Connection, Door, Question};
use crate::envoy::cpu::{Process, Usage};
use crate::envoy::problem::Problem as _;

/// After the last answer Envoy has a little left to do, which is part of what it cost.
const AFTERMATH: Duration = Duration::from_millis(3);
/// Requests before a slice that are not counted.
const WARM_UP: usize = 3;
const OK: u16 = 200;

/// Requests that go round, one at a time.
pub struct Load {
    lanes: Vec<Lane>,
    next: usize,
    /// How many slices it gets in each round.
    pub turns: usize,
}

/// A request and the connection it goes over.
struct Lane {
    door: Door,
    question: Question,
    kept: Option<Connection>,
    reuse: Reuse,
}

/// Whether a connection carries one request or many.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reuse {
    /// All requests of a client go over one connection.
    KeepAlive,
    /// Each request opens a connection.
    Never,
}

/// What a short time of load cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    /// How many requests were answered.
    pub requests: u64,
    /// Microseconds of CPU of the Envoy process a request.
    pub cpu: f64,
    /// How long Envoy waited for a CPU, for each second that it ran: what else the machine was doing.
    pub waited: f64,
    /// Median latency in microseconds.
    pub p50: f64,
    /// The latency in microseconds that one request of a hundred exceeds.
    pub p99: f64,
}

impl Load {
    /// These questions in turn, each over a connection of its own, which is kept or not.
    #[must_use]
    pub fn new(reuse: Reuse, questions: impl IntoIterator<Item = (Door, Question)>) -> Self {
        let lane = |(door, question)| Lane {
            door,
            question,
            kept: None,
            reuse,
        };
        Self {
            lanes: questions.into_iter().map(lane).collect(),
            next: 0,
            turns: 1,
        }
    }

    /// Sends every request once, and fails unless each answer has this status.
    ///
    /// # Errors
    /// When an answer is another one.
    pub async fn check(&mut self, expected: u16) -> Result<(), String> {
        for lane in &mut self.lanes {
            lane.expect(expected).await?;
        }
        Ok(())
    }

    /// Asks for about so long.
    ///
    /// # Errors
    /// When a request is not answered with 200.
    pub async fn run(&mut self, process: &Process, duration: Duration) -> Result<Slice, String> {
        for _ in 0..WARM_UP {
            self.ask().await?;
        }
        sleep(AFTERMATH).await;
        let mut latencies = Histogram::<u64>::new(3).named("a histogram")?;
        let before = process.usage()?;
        let started = Instant::now();
        while started.elapsed() < duration {
            let asked = Instant::now();
            self.ask().await?;
            let nanoseconds = u64::try_from(asked.elapsed().as_nanos()).named("a latency")?;
            latencies.record(nanoseconds).named("a latency")?;
        }
        sleep(AFTERMATH).await;
        Ok(Slice::new(process.usage()?.since(before), &latencies))
    }

    async fn ask(&mut self) -> Result<(), String> {
        let lanes = self.lanes.len();
        let lane = self.lanes.get_mut(self.next).ok_or("a load without a question")?;
        self.next = (self.next + 1) % lanes;
        lane.expect(OK).await
    }
}

impl Lane {
    async fn expect(&mut self, expected: u16) -> Result<(), String> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => self.door.open().await?,
        };
        let status = connection.ask(&self.question).await?;
        if status != expected {
            return Err(format!("{:?} got {status} and not {expected}", self.question));
        }
        match self.reuse {
            Reuse::KeepAlive => self.kept = Some(connection),
            Reuse::Never => drop(connection),
        }
        Ok(())
    }
}

impl Slice {
    fn new(usage: Usage, latencies: &Histogram<u64>) -> Self {
        let requests = latencies.len();
        Self {
            requests,
            cpu: microseconds(usage.run) / requests as f64,
            waited: usage.waited as f64 / usage.run as f64,
            p50: microseconds(latencies.value_at_quantile(0.5)),
            p99: microseconds(latencies.value_at_quantile(0.99)),
        }
    }
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1_000.0
}
