//! The catalogue: every row that the suite knows, and where what it asks is shown.

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its label.
    pub id: &'static str,
    /// Where it is shown.
    pub shown: Shown,
}

/// Where a row is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// By vectors of this suite.
    ByVectors,
    /// By another test, or in words where nothing can be sent.
    Elsewhere(&'static str),
}

const fn run(id: &'static str) -> Row {
    Row {
        id,
        shown: Shown::ByVectors,
    }
}

const fn elsewhere(id: &'static str, place: &'static str) -> Row {
    Row {
        id,
        shown: Shown::Elsewhere(place),
    }
}

/// All rows, in their order.
pub const CATALOGUE: [Row; 86] = [
    // Paths.
    run("CVE-2019-9901"),
    run("CVE-2021-29492"),
    run("CVE-2021-32779"),
    run("CVE-2020-8595"),
    run("CVE-2026-73551"),
    run("CVE-2026-73511"),
    run("CVE-2025-46821"),
    run("CVE-2023-27487"),
    run("CVE-2026-26205"),
    run("CVE-2026-32811"),
    run("CVE-2024-10005"),
    run("path-case"),
    run("nul-overlong"),
    run("istio-none"),
    run("istio-base"),
    run("istio-merge"),
    run("istio-decode"),
    run("istio-not-normalized"),
    run("istio-bytes"),
    run("istio-invalid"),
    run("path-combinations"),
    // Hosts.
    run("CVE-2021-39155"),
    run("host-port"),
    run("host-dot"),
    run("host-userinfo"),
    run("host-forms"),
    run("host-absolute"),
    run("CVE-2022-21679"),
    run("CVE-2020-11767"),
    run("CVE-2026-73550"),
    // Headers.
    run("CVE-2026-26308"),
    run("CVE-2021-32777"),
    run("CVE-2020-25017"),
    run("header-commas"),
    run("header-values"),
    run("CVE-2026-73552"),
    run("CVE-2023-27488"),
    run("CVE-2019-18802"),
    run("CVE-2019-9900"),
    run("CVE-2024-45806"),
    run("CVE-2024-10006"),
    run("CVE-2026-48042"),
    run("header-trailers"),
    // Identity.
    run("other-identities"),
    run("multi-uri-san"),
    run("dns-san-fallback"),
    run("accept-untrusted"),
    run("CVE-2025-66220"),
    run("joined-sans"),
    run("absent-marker"),
    run("malformed-ids"),
    run("CVE-2026-39350"),
    run("namespace-shape"),
    run("trust-domain-ignored"),
    run("prefix-principal"),
    run("CVE-2020-16844"),
    run("ztunnel-identity"),
    run("xfcc-spoof"),
    run("CVE-2023-27493"),
    run("CVE-2022-21656"),
    elsewhere(
        "session-resumption",
        "off in every rendered listener: envoy-config/src/tls.rs",
    ),
    elsewhere(
        "CVE-2021-27098",
        "what an issuer signs is the issuer's to answer for: SECURITY.md",
    ),
    run("filter-state-spoof"),
    // Rules, upgrades, order, failure.
    run("unknown-rule"),
    elsewhere("empty-rules", "tests/corpus, on every engine"),
    run("yaml-dash"),
    run("notPrincipals-plaintext"),
    elsewhere("PeerAuthentication", "tests/tests/peer_authentication_matrix.rs"),
    elsewhere(
        "no-waypoint",
        "a policy on connections that admits the waypoint alone: SECURITY.md",
    ),
    run("connect"),
    run("upgrade"),
    elsewhere(
        "websocket",
        "what follows an upgrade is not filtered: SECURITY.md",
    ),
    run("methods"),
    run("request-framing"),
    run("path-changed-later"),
    run("header-edits"),
    run("per-route-disabled"),
    run("pseudo-headers"),
    run("jwt-defaults"),
    run("local-reply-reset"),
    run("stream-resets"),
    run("configuration-missing"),
    elsewhere(
        "fetch-failed",
        "an agent's substitute has its own statistics: SECURITY.md",
    ),
    run("expression-length"),
    elsewhere("2026-005, 2026-004", "the oldest Envoy to use: SECURITY.md"),
    elsewhere("CVE-2026-31838", "a note on a bulletin, nothing to send"),
];

#[cfg(test)]
mod tests {
    use super::CATALOGUE;

    #[test]
    fn no_row_is_named_twice() {
        let mut ids: Vec<&str> = CATALOGUE.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CATALOGUE.len());
    }
}
