//! `apply`: gives the edited policies to the Envoys of the running mesh, and says what each made of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{End, Folder, print, running};
use crate::error::DemoError;
use crate::http_request::HttpRequest;
use crate::layout::Layout;
use crate::mtls_client::Client;
use crate::policies::parse_policies;
use crate::sidecars::Sidecars;
use crate::state::State;
use crate::workload::Workload;

/// Envoy notices a renamed file at once; compiling the configuration takes it milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// The options of `apply`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ApplyOptions {
    /// The policies, YAML; without it, `policies.yaml` in the demo's folder
    #[arg(value_name = "FILE")]
    policies: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

/// How often an Envoy has taken up and refused a configuration of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Updates {
    taken_up: u64,
    refused: u64,
}

pub(super) async fn apply(options: &ApplyOptions) -> Result<End, DemoError> {
    let layout = options.folder.layout()?;
    let _lock = running::lock(&layout, "apply")?;
    let state = running::expect_one(&layout)?;
    let path = options.policies.clone().unwrap_or_else(|| layout.policies());
    let policies = read(&path)?;
    parse_policies(&policies).map_err(|error| DemoError::Policies { path, error })?;
    let mut end = End::Good;
    let mut said = Vec::new();
    for workload in Workload::ALL {
        let log = layout.log(&format!("{workload}-envoy"));
        let said_before = std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
        if give(&layout, &state, workload, &policies).await? {
            print(&format!("{workload}: in force\n"));
            continue;
        }
        let reasons = reasons(&log, said_before)?;
        print(&refusal(workload, &reasons, &said));
        said = reasons;
        end = End::Bad;
    }
    Ok(end)
}

/// Gives the policies to the workload's Envoy, and waits until it has taken them up (`true`) or refused them.
pub(super) async fn give(
    layout: &Layout,
    state: &State,
    workload: Workload,
    policies: &str,
) -> Result<bool, DemoError> {
    let client = Client::plaintext(state.topology.of(workload).admin);
    let before = updates(&client, workload).await?;
    let sidecars = Sidecars {
        layout,
        filter: &state.filter,
        topology: &state.topology,
    };
    sidecars.write_policies(workload, policies)?;
    let began = Instant::now();
    loop {
        let now = updates(&client, workload).await?;
        if now.refused != before.refused || now.taken_up != before.taken_up {
            return Ok(now.refused == before.refused);
        }
        if began.elapsed() >= PATIENCE {
            return Err(DemoError::NotNoticed {
                workload,
                after: PATIENCE,
            });
        }
        sleep(POLL).await;
    }
}

async fn updates(client: &Client, workload: Workload) -> Result<Updates, DemoError> {
    let request = HttpRequest::new("GET", "/stats?filter=extension_config_discovery");
    let response = client
        .send(&request)
        .await
        .map_err(|failure| DemoError::Admin { workload, failure })?;
    let text = response.body_text();
    let count = |name| counter(&text, name).ok_or(DemoError::NoCounter { workload, name });
    Ok(Updates {
        taken_up: count("update_success")?,
        refused: count("update_rejected")?.saturating_add(count("update_failure")?),
    })
}

/// The value of the counter whose name ends in `name`, from lines such as `a.b.update_success: 3`.
fn counter(stats: &str, name: &str) -> Option<u64> {
    stats.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.strip_suffix(name)?.strip_suffix('.')?;
        value.trim().parse().ok()
    })
}

/// All three filters read the same document, so their reasons are usually the same.
fn refusal(workload: Workload, reasons: &[String], said: &[String]) -> String {
    let verdict = format!("{workload}: refused; the policies before stay in force");
    if reasons == said {
        return format!("{verdict} (the same reasons)\n");
    }
    let lines = reasons.iter().map(|reason| format!("  {reason}\n"));
    format!("{verdict}\n{}", lines.collect::<String>())
}

/// What the filter said while it refused the configuration: `wasm log NAMES: MESSAGE` in Envoy's log.
fn reasons(log: &Path, from: u64) -> Result<Vec<String>, DemoError> {
    let bytes = std::fs::read(log).map_err(|source| DemoError::Read {
        path: log.to_owned(),
        source,
    })?;
    let start = usize::try_from(from).unwrap_or(usize::MAX);
    let text = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned();
    let errors = text.lines().filter(|line| line.contains("[error][wasm]"));
    let messages = errors.filter_map(|line| Some(line.split_once("wasm log ")?.1.split_once(": ")?.1));
    Ok(messages.map(str::to_owned).collect())
}

fn read(path: &Path) -> Result<String, DemoError> {
    std::fs::read_to_string(path).map_err(|source| DemoError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_by_the_end_of_its_name() {
        let stats =
            "a.spiffe_authz.config_reload: 4\na.spiffe_authz.update_success: 3\na.not_update_success: 9\n";
        assert_eq!(counter(stats, "update_success"), Some(3));
        assert_eq!(counter(stats, "update_rejected"), None);
    }

    #[test]
    fn only_what_the_filter_said_since_then_is_a_reason() {
        let log = crate::scratch::folder("apply").join("envoy.log");
        let line = |level, text| format!("[2026-01-01][1][{level}][wasm] [context.cc:1] {text}\n");
        let before = line("error", "wasm log spiffe_authz spiffe_authz: an old error");
        let after = [
            line("info", "wasm log spiffe_authz spiffe_authz: in force"),
            line(
                "error",
                "wasm log spiffe_authz spiffe_authz: resources[0].spec: wrong",
            ),
            line("error", "Wasm VM failed: something"),
        ];
        std::fs::write(&log, format!("{before}{}", after.concat())).unwrap();
        let from = u64::try_from(before.len()).unwrap();
        assert_eq!(reasons(&log, from).unwrap(), ["resources[0].spec: wrong"]);
    }
}
