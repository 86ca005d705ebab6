//! [`Results`]: what came out of a contest.

use serde_json::{Value, json};

use crate::envoy::contestant::Contestant;
use crate::envoy::http_version::HttpVersion;
use crate::envoy::rule_set::Aim;
use crate::envoy::summary::Summary;
use crate::figures::{ratio, thousands};
use crate::table::Table;

/// What is measured by itself: filters, which rules they are asked for, and a version of HTTP.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Entry {
    /// The filters.
    pub contestant: Contestant,
    /// The rules that allow.
    pub aim: Aim,
    /// What is spoken.
    pub version: HttpVersion,
}

/// A figure for each entry.
#[derive(Clone, Debug)]
pub struct Results(pub Vec<(Entry, Summary)>);

impl Results {
    /// What these filters add to the CPU of a request that the last rule allows; `None` where they were not measured.
    #[must_use]
    pub fn added(&self, contestant: Contestant, version: HttpVersion) -> Option<f64> {
        let plain = self.of(Contestant::NoFilter, version)?;
        Some(self.of(contestant, version)?.added(plain))
    }

    /// The filters that were measured.
    pub fn contestants(&self, version: HttpVersion) -> impl Iterator<Item = Contestant> {
        let spoken = self.0.iter().filter(move |(entry, _)| entry.version == version);
        let last = spoken.filter(|(entry, _)| entry.aim == Aim::Last);
        last.map(|(entry, _)| entry.contestant)
    }

    /// The table of one version of HTTP.
    #[must_use]
    pub fn table(&self, version: HttpVersion) -> Table {
        let mut table = Table::new([
            version.name(),
            "CPU µs",
            "× no filter",
            "added µs",
            "p50 µs",
            "p99 µs",
            "requests",
        ]);
        let Some(plain) = self.of(Contestant::NoFilter, version) else {
            return table;
        };
        for (entry, summary) in self.0.iter().filter(|(entry, _)| entry.version == version) {
            table.row([
                entry.name(),
                microseconds(summary.cpu),
                ratio(summary.ratio(plain)),
                microseconds(summary.added(plain)),
                microseconds(summary.p50),
                microseconds(summary.p99),
                thousands(usize::try_from(summary.requests).unwrap_or(usize::MAX)),
            ]);
        }
        table
    }

    /// All figures.
    #[must_use]
    pub fn json(&self) -> Value {
        let row = |(entry, summary): &(Entry, Summary)| {
            let set = entry.contestant.rule_set();
            let plain = self.of(Contestant::NoFilter, entry.version);
            json!({
                "contestant": entry.contestant.name(),
                "rules": set.map(|set| set.rules),
                "distribution": set.map(|set| set.distribution.name()),
                "aim": entry.aim.name(),
                "http": entry.version.name(),
                "cpuMicroseconds": summary.cpu,
                "addedCpuMicroseconds": plain.map(|plain| summary.added(plain)),
                "ratio": plain.map(|plain| summary.ratio(plain)),
                "p50Microseconds": summary.p50,
                "p99Microseconds": summary.p99,
                "requests": summary.requests,
            })
        };
        self.0.iter().map(row).collect()
    }

    fn of(&self, contestant: Contestant, version: HttpVersion) -> Option<&Summary> {
        let wanted = Entry {
            contestant,
            aim: Aim::Last,
            version,
        };
        let found = self.0.iter().find(|(entry, _)| *entry == wanted);
        found.map(|(_, summary)| summary)
    }
}

impl Entry {
    fn name(&self) -> String {
        let name = self.contestant.listener();
        match self.aim {
            Aim::Last => name,
            Aim::Spread => format!("{name}, mean over the set"),
        }
    }
}

/// Microseconds, with as many decimals as mean something.
#[must_use]
pub fn microseconds(value: f64) -> String {
    if value.abs() < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}
