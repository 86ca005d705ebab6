//! What a request costs in the built filter, counted and not timed: fuel, which is about one unit an instruction, and
//! hostcalls by their names. Neither grows with the number of rules.
//!
//! ```sh
//! cargo test -p spiffe-authz-tests --test cost_of_a_request -- --nocapture
//! ```

mod cost;
mod measured;

use serde_json::{Value, json};
use spiffe_authz_bench::documents::{Distribution, configuration};

use crate::cost::Cost;
use crate::measured::{Measured, Peer, filter};

/// The sizes that are compared.
const SIZES: [usize; 3] = [10, 1_000, 100_000];
/// The worst case costs what its rules cost; a size that a test can wait for.
const WORST_SIZES: [usize; 3] = [10, 100, 1_000];
/// How much more fuel a request may take at the largest size than at the smallest, in percent.
const MOST_GROWTH_PERCENT: u64 = 15;
/// What an allowed request takes at most, with room for a tenth more, so that a slip is seen.
const MOST_FUEL: u64 = 17_000;
/// And where dynamic metadata must be taken apart for a claim.
const MOST_FUEL_WITH_CLAIMS: u64 = 42_000;

/// An allowed request, not the first on its connection, in profile zero-trust; `more` properties are read for the rules.
fn hostcalls_of_an_allowed_request(more: u64) -> Cost {
    Cost::of_hostcalls(&[
        ("proxy_get_header_map_pairs", 1),
        // The number of its connection.
        ("proxy_get_property", 1 + more),
        // Is its certificate in force?
        ("proxy_get_current_time_nanoseconds", 1),
        // The interlock, and for the access log decision, cause, policy and rule.
        ("proxy_set_property", 5),
        ("proxy_increment_metric", 1),
    ])
}

/// Which properties the rules read beside those of the connection.
fn read_by_rules(distribution: Distribution) -> u64 {
    match distribution {
        Distribution::Principals
        | Distribution::Paths
        | Distribution::Hosts
        | Distribution::PrefixesAndTemplates => 0,
        // The claims, and the client's address.
        Distribution::HeadersAndClaims | Distribution::Residual | Distribution::Cidrs => 1,
    }
}

fn most_fuel(distribution: Distribution) -> u64 {
    match distribution {
        Distribution::Principals
        | Distribution::Paths
        | Distribution::Hosts
        | Distribution::PrefixesAndTemplates
        | Distribution::Cidrs => MOST_FUEL,
        Distribution::HeadersAndClaims => MOST_FUEL_WITH_CLAIMS,
        Distribution::Residual => u64::MAX,
    }
}

fn measured(distribution: Distribution, sizes: [usize; 3]) -> [Measured; 3] {
    let measured = sizes.map(|rules| Measured::of(distribution, rules));
    print!("{}", Measured::table(distribution, &measured));
    measured
}

/// Fuel and hostcalls at each size, and the table of them.
fn does_not_grow(distribution: Distribution) {
    let measured = measured(distribution, SIZES);
    let expected = hostcalls_of_an_allowed_request(read_by_rules(distribution));
    for at in &measured {
        assert_eq!(at.allowed.hostcalls, expected.hostcalls, "{} rules", at.rules);
        assert_eq!(
            at.denied.hostcalls, measured[0].denied.hostcalls,
            "{} rules",
            at.rules
        );
        assert!(at.allowed.fuel <= most_fuel(distribution), "{}", at.allowed);
    }
    let [smallest, _, largest] = &measured;
    for (small, large) in [
        (&smallest.allowed, &largest.allowed),
        (&smallest.denied, &largest.denied),
    ] {
        let most = small.fuel * (100 + MOST_GROWTH_PERCENT) / 100;
        assert!(
            large.fuel <= most,
            "{} at {} rules, at most {most}",
            large.fuel,
            largest.rules
        );
    }
}

#[test]
fn one_principal_a_rule() {
    does_not_grow(Distribution::Principals);
}

#[test]
fn one_principal_and_many_paths() {
    does_not_grow(Distribution::Paths);
}

#[test]
fn many_hosts() {
    does_not_grow(Distribution::Hosts);
}

#[test]
fn prefixes_and_templates() {
    does_not_grow(Distribution::PrefixesAndTemplates);
}

#[test]
fn headers_and_claims() {
    does_not_grow(Distribution::HeadersAndClaims);
}

#[test]
fn blocks_of_addresses() {
    does_not_grow(Distribution::Cidrs);
}

/// Rules that no index can file are judged one after the other; what the host is asked stays the same.
#[test]
fn in_the_worst_case_fuel_grows_with_the_rules_and_hostcalls_do_not() {
    let measured = measured(Distribution::Residual, WORST_SIZES);
    let expected = hostcalls_of_an_allowed_request(read_by_rules(Distribution::Residual));
    for at in &measured {
        assert_eq!(at.allowed.hostcalls, expected.hostcalls, "{} rules", at.rules);
    }
    assert!(measured[2].allowed.fuel > measured[0].allowed.fuel);
}

/// Ten rules on principals in this profile, with plaintext welcome.
fn permissive(profile: &str) -> Value {
    let mut configuration = configuration(Distribution::Principals, profile, 10);
    configuration["resources"].as_array_mut().unwrap().extend([
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "base", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}},
        }),
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "get", "namespace": "shop"},
            "spec": {"rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]},
        }),
    ]);
    configuration
}

#[test]
fn the_first_request_on_a_connection_reads_the_peer_and_the_next_ones_the_number_of_the_connection() {
    // Number, mTLS, verification and digest; and the certificate of a peer that never came before.
    for (profile, first_ever, first, next) in [("zero-trust", 5, 4, 1), ("istio", 4, 4, 1)] {
        let mut plugin = filter(&permissive(profile));
        let peer = Peer::frontend();
        let properties = |plugin: &mut _, connection| {
            let cost = Cost::of_request(plugin, &peer.on_connection(connection));
            cost.hostcalls["proxy_get_property"]
        };
        let told = [1, 1, 2, 2].map(|connection| properties(&mut plugin, connection));
        assert_eq!(told, [first_ever, next, first, next], "{profile}");
    }
}

#[test]
fn a_plaintext_request_reads_that_it_is_one_and_its_port_and_is_counted_by_that_too() {
    for profile in ["zero-trust", "istio"] {
        let mut plugin = filter(&permissive(profile));
        let mut cost = || Cost::of_request(&mut plugin, &Peer::plaintext());
        let (_first, next) = (cost(), cost());
        let expected = Cost::of_hostcalls(&[
            ("proxy_get_header_map_pairs", 1),
            // Whether it came by mTLS, its port, and whether it came by TLS.
            ("proxy_get_property", 3),
            ("proxy_set_property", 5),
            ("proxy_increment_metric", 2),
        ]);
        assert_eq!(next.hostcalls, expected.hostcalls, "{profile}");
    }
}

#[test]
fn a_tcp_connection_is_asked_about_once_and_its_bytes_cost_no_hostcall() {
    let everyone = json!({
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": [{
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "whoever", "namespace": "shop"}, "spec": {"rules": [{}]},
        }],
    });
    let mut plugin = filter(&everyone);
    let peer = Peer::frontend();
    let _first = Cost::of_tcp_connection(&mut plugin, &peer.on_connection(1));
    let next = Cost::of_tcp_connection(&mut plugin, &peer.on_connection(2));
    let expected = Cost::of_hostcalls(&[
        // mTLS, verification, digest.
        ("proxy_get_property", 3),
        ("proxy_get_current_time_nanoseconds", 1),
        ("proxy_set_property", 5),
        ("proxy_increment_metric", 1),
        // How long the SVID of its peer is still valid.
        ("proxy_record_metric", 1),
    ]);
    assert_eq!(next.hostcalls, expected.hostcalls);
}
