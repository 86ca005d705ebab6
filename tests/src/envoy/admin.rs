//! Envoy's counters and metrics, by its admin interface.

use spiffe_authz_demo::envoy_process::EnvoyProcess;
use spiffe_authz_demo::http_request::HttpRequest;

/// The sum of all counters whose name ends so (letters, digits, dots and underscores); 0 where there is none yet.
///
/// # Errors
/// When the admin interface does not answer.
pub async fn counter(envoy: &EnvoyProcess, name_ends_in: &str) -> Result<u64, String> {
    // `%24` is the `$` that ends a regular expression.
    let question = HttpRequest::new("GET", &format!("/stats?filter={name_ends_in}%24"));
    let response = envoy.admin(&question).await.map_err(|error| error.to_string())?;
    let stats = response.body_text();
    let values = stats.lines().filter_map(|line| line.split_once(": "));
    values
        .map(|(name, value)| {
            value
                .parse::<u64>()
                .map_err(|error| format!("{name}: {value}: {error}"))
        })
        .sum()
}

/// All metrics, as Prometheus reads them.
///
/// # Errors
/// When the admin interface does not answer.
pub async fn prometheus(envoy: &EnvoyProcess) -> Result<String, String> {
    text(envoy, "/stats/prometheus").await
}

/// What the admin interface says under this path.
///
/// # Errors
/// When it does not answer.
pub async fn text(envoy: &EnvoyProcess, path: &str) -> Result<String, String> {
    let response = envoy.admin(&HttpRequest::new("GET", path)).await;
    response
        .map(|response| response.body_text())
        .map_err(|error| error.to_string())
}
