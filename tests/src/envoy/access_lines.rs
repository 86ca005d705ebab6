//! The access log of an Envoy that runs.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use spiffe_authz_envoy_config::FilePath;
use tokio::time::{Instant, sleep};

/// How long the access log may take.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// The lines once there are at least as many.
pub(crate) async fn access_lines(file: &FilePath, lines: usize) -> Result<Vec<Value>, String> {
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(file.as_path()).map_err(|error| error.to_string())?;
        if text.lines().count() >= lines && (text.is_empty() || text.ends_with('\n')) {
            let lines = text.lines().map(serde_json::from_str);
            return lines.collect::<Result<_, _>>().map_err(|error| error.to_string());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("the access log has fewer than {lines} lines:\n{text}"));
        }
        sleep(POLL).await;
    }
}
