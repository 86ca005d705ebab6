//! The plugins' metrics in Envoy's statistics.

use std::collections::BTreeMap;

use crate::envoy::running::RunningEnvoy;

/// What Envoy writes before the names of plugins' metrics.
const PREFIX: &str = "wasmcustom.";

/// The metrics as they were when a script began: all scripts share them.
pub(crate) struct MetricsSeen {
    plugin: String,
    before: BTreeMap<String, String>,
}

impl MetricsSeen {
    pub(crate) async fn begin(envoy: &RunningEnvoy, plugin: &str) -> Result<Self, String> {
        Ok(Self {
            plugin: plugin.to_owned(),
            before: read(envoy).await?,
        })
    }

    /// Those that are new or have another value.
    pub(crate) async fn changed(&self, envoy: &RunningEnvoy) -> Result<BTreeMap<String, String>, String> {
        let mut now = read(envoy).await?;
        now.retain(|name, value| self.before.get(name) != Some(value));
        now.extend(reloads(envoy, &self.plugin).await?);
        Ok(now)
    }
}

/// The counters of the plugin's reloads that are not 0.
async fn reloads(envoy: &RunningEnvoy, plugin: &str) -> Result<BTreeMap<String, String>, String> {
    let prefix = format!("wasm.{plugin}.");
    let text = envoy.admin("/stats?usedonly&filter=vm_reload").await?;
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix(&prefix)?.split_once(": "));
    let counted = lines.filter(|(_, value)| *value != "0");
    Ok(counted
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

async fn read(envoy: &RunningEnvoy) -> Result<BTreeMap<String, String>, String> {
    let text = envoy
        .admin("/stats?filter=^wasmcustom&histogram_buckets=disjoint")
        .await?;
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix(PREFIX)?.split_once(": "));
    Ok(lines
        .map(|(name, value)| (name.to_owned(), shown(value)))
        .collect())
}

/// A number, or how many samples a histogram has: ` B0.5(0,0) B1(2,2)` are buckets, the second number over all time.
fn shown(value: &str) -> String {
    if value.trim().parse::<u64>().is_ok() {
        return value.trim().to_owned();
    }
    let buckets = value
        .split(' ')
        .filter_map(|bucket| bucket.strip_suffix(')')?.rsplit_once(','));
    let samples: u64 = buckets
        .filter_map(|(_, samples)| samples.parse::<u64>().ok())
        .sum();
    format!("{samples} samples")
}
