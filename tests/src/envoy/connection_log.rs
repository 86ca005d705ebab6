//! [`ConnectionLog`]: the filter's report on connections, which the access log alone shows.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use spiffe_authz_envoy_config::FilePath;

use crate::report::{self, FilterReport};

/// The reports by the source address in the PROXY header.
#[derive(Debug, Default)]
pub(crate) struct ConnectionLog {
    reports: HashMap<SocketAddr, Vec<FilterReport>>,
}

/// One line, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    connection: Option<SocketAddr>,
    interlock: Option<String>,
    decision: Option<String>,
    cause: Option<String>,
    policy: Option<String>,
    rule: Option<String>,
    audited: Option<String>,
    would_deny: Option<String>,
    would_allow: Option<String>,
}

/// Adds to the shipped lines what tells connections apart, and the state of the interlock.
pub(crate) fn extend(access_logs: &mut Value) {
    let fields = &mut access_logs[0]["typed_config"]["log_format"]["json_format"];
    fields["connection"] = json!("%DOWNSTREAM_REMOTE_ADDRESS%");
    fields["interlock"] = json!(format!("%FILTER_STATE({}:PLAIN)%", report::INTERLOCK));
}

impl ConnectionLog {
    /// Reads the file of an Envoy that has ended.
    pub(crate) fn read(file: &FilePath) -> Result<Self, String> {
        let text = fs::read_to_string(file.as_path()).map_err(|error| format!("`{file}`: {error}"))?;
        let mut log = Self::default();
        for line in text.lines() {
            let line: Line = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            if let Some(connection) = line.connection {
                log.reports.entry(connection).or_default().push(line.report());
            }
        }
        Ok(log)
    }

    /// The one report on a connection.
    pub(crate) fn report(&self, connection: SocketAddr) -> Result<FilterReport, String> {
        match self.reports.get(&connection).map(Vec::as_slice) {
            Some([report]) => Ok(report.clone()),
            Some(reports) => Err(format!("{connection} has several lines: {reports:?}")),
            None => Err(format!("{connection} has no line in the access log")),
        }
    }
}

impl Line {
    fn report(self) -> FilterReport {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        FilterReport {
            interlock: said(self.interlock),
            decision: said(self.decision),
            cause: said(self.cause),
            policy: said(self.policy),
            rule: said(self.rule),
            audited: said(self.audited),
            would_deny: said(self.would_deny),
            would_allow: said(self.would_allow),
        }
    }
}
