//! What every step of the walk is made of: requests of the peers, the command's answer, the tables, and whether all was
//! as expected.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::print;
use super::hot_update::write;
use crate::error::DemoError;
use crate::http_request::HttpRequest;
use crate::layout::Layout;
use crate::migration::addresses::Addresses;
use crate::migration::load::failure;
use crate::migration::peer::{Mode, Peer, Visit, Way};
use crate::migration::readiness::{Answer, Readiness};
use crate::migration::report;
use crate::migration::verdict::Finding;
use crate::mtls_client::Client;
use crate::row_runner::{Outcome, RowRunner};
use crate::scenario::Expected;
use crate::state::State;
use crate::table::Style;
use crate::workload::Workload;

/// Between two rounds of traffic.
const PAUSE: Duration = Duration::from_millis(60);

/// The walk so far.
pub(super) struct Progress<'m> {
    pub(super) layout: &'m Layout,
    pub(super) state: &'m State,
    pub(super) readiness: Readiness,
    pub(super) addresses: Addresses,
    pub(super) style: Style,
    rows: u32,
    wrong: u32,
}

impl<'m> Progress<'m> {
    pub(super) fn new(layout: &'m Layout, state: &'m State, readiness: Readiness) -> Self {
        let style = readiness.style;
        let mut progress = Self {
            layout,
            state,
            readiness,
            addresses: Addresses::pick(),
            style,
            rows: 0,
            wrong: 0,
        };
        progress.readiness.evidence = progress.evidence();
        progress
    }

    /// The files below the demo's folder, and the workload that they are about.
    fn evidence(&self) -> Vec<String> {
        let port = self.state.topology.of(Workload::Payments).inbound.port();
        let words = "logs/payments-access.jsonl --metrics payments/metrics.txt --config policies.yaml \
                     --namespace shop --labels app=payments --port";
        let words = words.split_ascii_whitespace().map(str::to_owned);
        words.chain([port.to_string()]).collect()
    }

    pub(super) fn runner(&self) -> RowRunner<'m> {
        RowRunner::new(self.layout, self.state.topology.clone())
    }

    /// Notes rows that are as expected, or are not.
    pub(super) fn note(&mut self, verdicts: impl IntoIterator<Item = bool>) {
        for is_right in verdicts {
            self.rows = self.rows.saturating_add(1);
            self.wrong = self.wrong.saturating_add(u32::from(!is_right));
        }
    }

    pub(super) const fn is_right(&self) -> bool {
        self.wrong == 0
    }

    /// How many rows there were, and whether they were as expected.
    pub(super) fn summary(&self) -> String {
        match self.wrong {
            0 => self.style.good(&format!("all {} rows as expected", self.rows)),
            wrong => self
                .style
                .bad(&format!("{wrong} of {} rows not as expected", self.rows)),
        }
    }

    /// One request of each, looked at from all sides, and the table of them.
    pub(super) async fn visits(&mut self, visits: &[Visit], mode: Mode) -> Result<(), DemoError> {
        let outcomes = self.outcomes(visits, mode).await?;
        self.show(&outcomes);
        Ok(())
    }

    pub(super) async fn outcomes(
        &self,
        visits: &[Visit],
        mode: Mode,
    ) -> Result<Vec<(Visit, Outcome)>, DemoError> {
        let rows: Vec<_> = visits
            .iter()
            .map(|visit| visit.row(&self.addresses, mode))
            .collect();
        let outcomes = self.runner().run(&rows).await?;
        Ok(visits.iter().copied().zip(outcomes).collect())
    }

    pub(super) fn show(&mut self, visits: &[(Visit, Outcome)]) {
        self.note(visits.iter().map(|(_, outcome)| outcome.differences.is_empty()));
        print(&report::visits(visits, &self.addresses, self.style));
    }

    /// Traffic of all visitors for this long: whoever is expected to be answered is.
    pub(super) async fn traffic(
        &mut self,
        visits: &[Visit],
        mode: Mode,
        length: Duration,
    ) -> Result<(), DemoError> {
        let (runner, began) = (self.runner(), Instant::now());
        let mut failures = Vec::new();
        while began.elapsed() < length {
            for visit in visits {
                let row = visit.row(&self.addresses, mode);
                let failed = failure(&runner.send(&row, &runner.mark(0)).await?);
                let must_fail = !matches!(row.expected, Expected::Allowed { .. });
                if failed.is_some() != must_fail {
                    let got = failed.unwrap_or_else(|| "200".to_owned());
                    failures.push(format!(
                        "   {}: {got} instead of {}\n",
                        visit.peer.name(),
                        row.expected.label()
                    ));
                }
            }
            sleep(PAUSE).await;
        }
        self.note(failures.iter().map(|_| false));
        print(&failures.concat());
        Ok(())
    }

    /// Asks readiness, and shows its answer.
    pub(super) async fn ask(&self) -> Result<Answer, DemoError> {
        write(
            &self.layout.workload(Workload::Payments).join("metrics.txt"),
            &self.metrics().await?,
        )?;
        let answer = self.readiness.ask().await?;
        print(&format!(
            "   $ {}\n{}\n",
            answer.command,
            indented(&answer.printed)
        ));
        Ok(answer)
    }

    /// Compares what readiness says with what it must say.
    pub(super) fn compare(&mut self, answer: &Answer, verdict: &str, blocking: &[Peer], others: &[Peer]) {
        let expected = self.expected(verdict, blocking, others);
        let got = answer.document.finding();
        let pairs = expected.fields().into_iter().zip(got.fields());
        self.note(pairs.map(|(expected, got)| expected == got));
        print(&report::finding(&expected, &got, self.style));
    }

    /// Whose address this is, of those that come in plaintext at first.
    pub(super) fn names_of(&self, address: &str) -> String {
        let peers = Peer::REGULAR.into_iter().filter(|peer| *peer != Peer::Orders);
        let names: Vec<&str> = peers
            .filter(|peer| self.addresses.of(*peer).to_string() == address)
            .map(Peer::name)
            .collect();
        if names.is_empty() {
            "somebody".to_owned()
        } else {
            names.join(" or ")
        }
    }

    fn expected(&self, verdict: &str, blocking: &[Peer], others: &[Peer]) -> Finding {
        let addresses = |peers: &[Peer]| -> BTreeSet<IpAddr> {
            peers.iter().map(|peer| self.addresses.of(*peer)).collect()
        };
        let blocking = addresses(blocking);
        // Peers that share an address block together.
        let others = addresses(others).difference(&blocking).copied().collect();
        let text = |addresses: BTreeSet<IpAddr>| addresses.iter().map(ToString::to_string).collect();
        Finding {
            verdict: verdict.to_owned(),
            blocking: text(blocking),
            others: text(others),
        }
    }

    /// What payments' Envoy shows to Prometheus.
    async fn metrics(&self) -> Result<String, DemoError> {
        let workload = Workload::Payments;
        let admin = Client::plaintext(self.state.topology.of(workload).admin);
        let response = admin.send(&HttpRequest::new("GET", "/stats/prometheus")).await;
        let response = response.map_err(|failure| DemoError::Admin { workload, failure })?;
        Ok(response.body_text())
    }
}

/// Those among the visitors that speak plaintext and are answered while it is taken.
pub(super) fn blocking(visits: &[Visit]) -> Vec<Peer> {
    let plaintext = visits.iter().filter(|visit| visit.way == Way::Plaintext);
    plaintext
        .map(|visit| visit.peer)
        .filter(|peer| *peer != Peer::Scanner)
        .collect()
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("     {line}\n"),
    });
    lines.collect()
}
