//! The figures as tables.

use std::time::Duration;

use spiffe_authz_bench::table::Table;

use crate::scale::measure::Row;
use crate::scale::setting::Beside;

const HEAD: [&str; 6] = [
    "rules",
    "protocol",
    "bytes to a proxy",
    "bytes from a proxy",
    "server's CPU a proxy",
    "publish to last ACK",
];
const ENVOY_HEAD: [&str; 4] = [
    "rules",
    "protocol",
    "publish to Envoy's ACK",
    "Envoy's CPU an update",
];

/// What the simulated proxies cost; the medians of all pushes.
#[must_use]
pub fn subscribers(rows: &[Row]) -> Table {
    let mut table = Table::new(HEAD);
    for row in rows.iter().filter(|row| row.setting.beside == Beside::Nobody) {
        let bytes = |sum: Option<u64>| sum.map_or_else(String::new, |sum| row.of_one(sum).to_string());
        let share = |cpu: Duration| cpu / u32::try_from(row.setting.subscribers).unwrap_or(u32::MAX);
        table.row([
            row.setting.rules.to_string(),
            row.setting.protocol_name().to_owned(),
            bytes(row.median(|push| push.received)),
            bytes(row.median(|push| push.sent)),
            shown(row.median(|push| share(push.served.cpu))),
            shown(row.median(|push| push.served.last_ack)),
        ]);
    }
    table
}

/// What one real Envoy among them pays; the medians of all pushes.
#[must_use]
pub fn envoy(rows: &[Row]) -> Table {
    let mut table = Table::new(ENVOY_HEAD);
    for row in rows.iter().filter(|row| row.setting.beside == Beside::Envoy) {
        table.row([
            row.setting.rules.to_string(),
            row.setting.protocol_name().to_owned(),
            shown(row.median(|push| push.served.envoy_ack).flatten()),
            shown(row.median(|push| push.envoy_cpu).flatten()),
        ]);
    }
    table
}

fn shown(time: Option<Duration>) -> String {
    time.map_or_else(String::new, |time| {
        format!("{:.3} ms", time.as_secs_f64() * 1_000.0)
    })
}
