//! The load: clients over HTTP/1.1 and HTTP/2, first as fast as they can, then at a steady rate.

use std::sync::Arc;
use std::time::Duration;

use spiffe_authz_demo::http_request::HttpRequest;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::faults::answer::Answer;
use crate::faults::client::{Client, Speech};
use crate::soak::application::MARK;
use crate::soak::arrivals::Arrival;
use crate::soak::ask::{Ask, Peer};
use crate::soak::guard::Guard;
use crate::soak::judge::{Asked, Verdict, judge};
use crate::soak::moment::Moment;
use crate::soak::svids::Svids;
use crate::soak::tally::Tally;

/// The clients of each workload.
const CLIENTS: [(Peer, Speech, usize); 5] = [
    (Peer::Frontend, Speech::Http1, 3),
    (Peer::Frontend, Speech::Http2, 3),
    (Peer::Stranger, Speech::Http1, 1),
    (Peer::Stranger, Speech::Http2, 1),
    (Peer::Plaintext, Speech::Http1, 1),
];
/// A connection carries so many requests, by chance, and is then opened anew with the SVID of that time.
const REQUESTS_OF_A_CONNECTION: std::ops::Range<u32> = 20..400;
/// Nor does it grow older, on however slow a machine: the filter denies a connection whose SVID has expired.
const OLDEST_CONNECTION: Duration = Duration::from_secs(60);
/// A timer is late by less; a client that is later has been waiting for an answer.
const TIMER: Duration = Duration::from_millis(2);
/// A client that is behind by more leaves out what it has missed.
const FAR_BEHIND: Duration = Duration::from_secs(1);

/// All clients, and what they write down.
pub(super) struct Load {
    pub(super) guards: Vec<Arc<Guard>>,
    pub(super) svids: Arc<Svids>,
    pub(super) tally: Arc<Tally>,
    pub(super) seed: u64,
}

/// When a client sends.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// As soon as it has its answer.
    Closed,
    /// At these intervals, whether answers come or not.
    Open(Duration),
}

/// One client with one connection at a time.
struct Lane {
    guard: Arc<Guard>,
    svids: Arc<Svids>,
    tally: Arc<Tally>,
    peer: Peer,
    speech: Speech,
    dice: fastrand::Rng,
    client: Option<Kept>,
}

/// An open connection.
struct Kept {
    client: Client,
    /// How many more requests it carries.
    left: u32,
    opened: Instant,
}

impl Load {
    /// Requests a second with all clients as fast as they can.
    pub(super) async fn peak(&self, length: Duration) -> f64 {
        let started = Instant::now();
        let sent = self.run(Pace::Closed, length).await;
        sent as f64 / started.elapsed().as_secs_f64()
    }

    /// So many requests a second, evenly spread over all clients.
    pub(super) async fn steady(&self, rate: f64, length: Duration) -> u64 {
        let interval = Duration::from_secs_f64(self.lanes().len() as f64 / rate.max(1.0));
        self.run(Pace::Open(interval), length).await
    }

    /// How many clients there are.
    pub(super) fn clients(&self) -> usize {
        self.lanes().len()
    }

    async fn run(&self, pace: Pace, length: Duration) -> u64 {
        let until = Instant::now() + length;
        let mut running = JoinSet::new();
        for lane in self.lanes() {
            running.spawn(lane.run(pace, until));
        }
        running.join_all().await.into_iter().sum()
    }

    fn lanes(&self) -> Vec<Lane> {
        let mut dice = fastrand::Rng::with_seed(self.seed);
        let mut lanes = Vec::new();
        for guard in &self.guards {
            for (peer, speech, count) in CLIENTS {
                lanes.extend((0..count).map(|_| self.lane(guard, peer, speech, dice.fork())));
            }
        }
        lanes
    }

    fn lane(&self, guard: &Arc<Guard>, peer: Peer, speech: Speech, dice: fastrand::Rng) -> Lane {
        Lane {
            guard: Arc::clone(guard),
            svids: Arc::clone(&self.svids),
            tally: Arc::clone(&self.tally),
            peer,
            speech,
            dice,
            client: None,
        }
    }
}

impl Lane {
    async fn run(mut self, pace: Pace, until: Instant) -> u64 {
        let mut sent = 0;
        let mut due = self.first_due(pace);
        while due.max(Instant::now()) < until {
            sleep_until(due).await;
            let late = due.elapsed();
            self.ask(if late > TIMER { late } else { Duration::ZERO }).await;
            sent += 1;
            due = self.next_due(pace, due);
        }
        sent
    }

    /// The clients do not all begin at once.
    fn first_due(&mut self, pace: Pace) -> Instant {
        match pace {
            Pace::Closed => Instant::now(),
            Pace::Open(interval) => Instant::now() + interval.mul_f64(self.dice.f64()),
        }
    }

    fn next_due(&self, pace: Pace, due: Instant) -> Instant {
        let now = Instant::now();
        match pace {
            Pace::Closed => now,
            Pace::Open(interval) if now.duration_since(due) > FAR_BEHIND => {
                let missed = now.duration_since(due).as_secs_f64() / interval.as_secs_f64();
                self.tally.skip(missed as u64);
                now
            }
            Pace::Open(interval) => due + interval,
        }
    }

    /// Sends one request; `late` is how long ago it was due.
    async fn ask(&mut self, late: Duration) {
        let ask = Ask::of(self.peer, &mut self.dice);
        let sent = Moment::now();
        let answer = self.send(ask, sent).await;
        let answered = Moment::now();
        let asked = Asked {
            ask,
            sent,
            answered,
            answer,
        };
        let verdict = judge(&self.guard.versions(), &self.guard.outages(), &asked);
        self.tally.record(self.guard.name, &asked, verdict);
        if matches!(verdict, Verdict::Allowed | Verdict::Denied) {
            let disturbed = self.guard.outages().disturb(sent, answered);
            self.tally.took(late + answered.since(sent), disturbed);
        }
    }

    async fn send(&mut self, ask: Ask, sent: Moment) -> Answer {
        let young = |kept: &Kept| kept.opened.elapsed() < OLDEST_CONNECTION;
        let kept = self.client.take().filter(young);
        let mut kept = kept.unwrap_or_else(|| self.connect());
        let request = HttpRequest::new(ask.method(), ask.path())
            .with_header("connection", "keep-alive")
            .with_header(MARK, Arrival::mark(ask, sent));
        // What has no answer in half a minute is closed for whoever waits.
        let answer = kept.client.send(&request, &[]).await.unwrap_or(Answer::Closed);
        self.client = kept.left.checked_sub(1).map(|left| Kept { left, ..kept });
        answer
    }

    fn connect(&mut self) -> Kept {
        let tls = self.svids.client(self.guard.name, self.peer, self.speech);
        Kept {
            client: Client::new(self.guard.inbound(), tls, self.speech),
            left: self.dice.u32(REQUESTS_OF_A_CONNECTION),
            opened: Instant::now(),
        }
    }
}
