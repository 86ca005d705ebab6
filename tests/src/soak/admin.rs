//! What an Envoy says of itself while it may be killed at any moment.

use std::net::SocketAddr;
use std::time::Duration;

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::mtls_client::Client;

const PATIENCE: Duration = Duration::from_secs(2);

/// Configurations that were taken.
pub(super) const TAKEN: &str = "spiffe_authz.config_reload";
/// Configurations that were rejected.
pub(super) const REJECTED: &str = "spiffe_authz.update_rejected";

/// A counter; none where nobody answers.
pub(super) async fn counter(admin: SocketAddr, name_ends_in: &str) -> Option<u64> {
    let stats = text(admin, &format!("/stats?filter={name_ends_in}%24")).await?;
    let values = stats.lines().filter_map(|line| line.split_once(": "));
    values.map(|(_, value)| value.parse::<u64>().ok()).sum()
}

/// Whether it serves, and has taken a configuration.
pub(super) async fn is_ready(admin: SocketAddr) -> bool {
    text(admin, "/ready").await.is_some() && counter(admin, TAKEN).await.is_some_and(|taken| taken > 0)
}

async fn text(admin: SocketAddr, path: &str) -> Option<String> {
    let client = Client::plaintext(admin).with_step_timeout(PATIENCE);
    let response = client.send(&HttpRequest::new("GET", path)).await.ok()?;
    (response.status == 200).then(|| response.body_text())
}
