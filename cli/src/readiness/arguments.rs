//! What `readiness` is asked for.

use std::path::PathBuf;

use clap::ValueEnum;
use spiffe_authz_analysis::readiness::Criteria;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::failure::Failure;
use crate::policies::{Loaded, MeshArguments};

/// Tell whether mTLS can be asked for (STRICT): who still comes without a certificate, by workload and port.
///
/// Reads access logs, audit lines (bare, or in Envoy's log) and what an Envoy shows at `/stats/prometheus`. A port is safe when
/// nobody was admitted without a certificate for long enough, and enough was seen in that time; where too little is known, it is
/// not called safe.
///
/// Exit codes: 0 every port is safe or STRICT already, 1 a file cannot be read, 2 not yet or not known, 3 the configuration is
/// invalid.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The logs; `-` is standard input
    #[arg(value_name = "LOG", required_unless_present = "metrics")]
    pub(super) logs: Vec<PathBuf>,
    /// What `/stats/prometheus` of the workload's Envoy shows; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) metrics: Option<PathBuf>,
    /// For how long nobody may have been admitted without a certificate, such as `24h`, `7d` or `90m`
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    quiet_for: Duration,
    /// How many requests or connections with a certificate have to be seen in that time
    #[arg(long, value_name = "N", default_value_t = 100)]
    min_requests: u64,
    /// The time of the verdict, such as `2026-11-22T12:00:00Z` [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<OffsetDateTime>,
    /// A port to look at, as often as wanted; the listeners of outbound calls are counted by an Envoy as well
    /// [default: every port that is seen]
    #[arg(long = "port", value_name = "PORT")]
    pub(super) ports: Vec<u16>,
    /// The form of the answer
    #[arg(long, value_enum, value_name = "FORM", default_value = "human")]
    pub(super) format: Format,
    /// The plugin configuration, JSON or YAML: which ports are STRICT already
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Istio documents, a file or a folder of them, as often as wanted: which ports are STRICT already
    #[arg(short, long, value_name = "FILE_OR_DIR")]
    file: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) mesh: MeshArguments,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz readiness access.log --namespace shop --labels app=orders
  spiffe-authz readiness access.log --quiet-for 7d --file policies/ --namespace shop
  curl -s localhost:15000/stats/prometheus | spiffe-authz readiness --metrics - --port 15006";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
}

/// A number and one of `s`, `m`, `h`, `d`.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.chars().last().unwrap_or_default();
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => 0,
    };
    let number = text
        .strip_suffix(unit)
        .and_then(|number| number.parse::<u32>().ok());
    number
        .filter(|_| seconds > 0)
        .and_then(|number| i64::from(number).checked_mul(seconds))
        .map(Duration::seconds)
        .ok_or_else(|| {
            format!("`{text}` is no duration: write a number and `s`, `m`, `h` or `d`, such as `24h`")
        })
}

fn time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| format!("`{text}` is no time: write `2026-11-22T12:00:00Z`"))
}

impl Arguments {
    pub(super) fn criteria(&self) -> Result<Criteria, Failure> {
        let now = self.now.unwrap_or_else(OffsetDateTime::now_utc);
        if now.checked_sub(self.quiet_for).is_none() {
            return Err(Failure::Work(
                "`--quiet-for` reaches back before all time".to_owned(),
            ));
        }
        Ok(Criteria {
            now,
            quiet_for: self.quiet_for,
            min_requests: self.min_requests,
        })
    }

    /// The policies, if any are given.
    pub(super) fn policies(&self) -> Result<Option<Loaded>, Failure> {
        match (&self.config, self.file.as_slice()) {
            (Some(path), _) => Loaded::from_configuration(path, &self.mesh).map(Some),
            (None, []) => Ok(None),
            (None, paths) => Loaded::from_istio(paths, &self.mesh).map(Some),
        }
    }

    /// The name of the workload, where the arguments say it: its namespace and labels.
    pub(super) fn workload(&self) -> Option<String> {
        let namespace = self.mesh.namespace.as_ref()?;
        let labels: Vec<String> = self
            .mesh
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        Some(if labels.is_empty() {
            namespace.clone()
        } else {
            format!("{namespace} ({})", labels.join(","))
        })
    }
}
