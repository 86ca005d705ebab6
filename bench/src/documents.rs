//! The documents that are measured: one kind of rule each, in any number, and requests with the answer they must get.
//!
//! Numbers in texts have six digits at every size, so that no text is longer because there are more rules.

use serde_json::{Value, json};

/// What the rules of a document look like.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Distribution {
    /// One principal a rule.
    Principals,
    /// One principal in all rules, one path a rule.
    Paths,
    /// One host a rule.
    Hosts,
    /// Path prefixes and path templates, in turn.
    PrefixesAndTemplates,
    /// The value of one header and the value of one claim, in turn.
    HeadersAndClaims,
    /// One block of client addresses a rule.
    Cidrs,
    /// The worst case: nothing but bounds on a number, which no index can file.
    Residual,
}

impl Distribution {
    /// All of them, the worst case last.
    pub const ALL: [Self; 7] = [
        Self::Principals,
        Self::Paths,
        Self::Hosts,
        Self::PrefixesAndTemplates,
        Self::HeadersAndClaims,
        Self::Cidrs,
        Self::Residual,
    ];

    /// Those on which the number of rules must not matter.
    pub const FLAT: [Self; 6] = [
        Self::Principals,
        Self::Paths,
        Self::Hosts,
        Self::PrefixesAndTemplates,
        Self::HeadersAndClaims,
        Self::Cidrs,
    ];

    /// The name in tables and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Principals => "principals",
            Self::Paths => "paths",
            Self::Hosts => "hosts",
            Self::PrefixesAndTemplates => "prefixes-and-templates",
            Self::HeadersAndClaims => "headers-and-claims",
            Self::Cidrs => "cidrs",
            Self::Residual => "residual",
        }
    }

    /// The rule of this number, among so many.
    fn rule(self, number: usize, rules: usize) -> Value {
        match self {
            Self::Principals => json!({"from": [{"source": {"principals": [principal(number)]}}]}),
            Self::Paths => json!({
                "from": [{"source": {"principals": [FRONTEND]}}],
                "to": [{"operation": {"paths": [path(number)]}}],
            }),
            Self::Hosts => operation("hosts", host(number)),
            Self::PrefixesAndTemplates if number.is_multiple_of(2) => {
                operation("paths", format!("/tenant-{number:06}/*"))
            }
            Self::PrefixesAndTemplates => operation("paths", format!("/team-{number:06}/{{*}}/items/{{**}}")),
            Self::HeadersAndClaims if number.is_multiple_of(2) => {
                condition("request.headers[x-tenant]", "values", tenant(number))
            }
            Self::HeadersAndClaims => condition("request.auth.claims[group]", "values", group(number)),
            Self::Cidrs => json!({"from": [{"source": {"remoteIpBlocks": [block(number)]}}]}),
            Self::Residual => condition("request.auth.claims[level]", "numbers", bound(number, rules)),
        }
    }

    /// A request that the rule of this number matches, and no other.
    fn matched(self, number: usize) -> Value {
        let mut request = plain();
        match self {
            Self::Principals => {
                request["peer"]["spiffeId"] = json!(format!("spiffe://{}", principal(number)))
            }
            Self::Paths => request["path"] = json!(path(number)),
            Self::Hosts => request["host"] = json!(host(number)),
            Self::PrefixesAndTemplates => request["path"] = json!(path_below(number)),
            Self::HeadersAndClaims if number.is_multiple_of(2) => label(&mut request, number, NOWHERE),
            Self::HeadersAndClaims => label(&mut request, NOWHERE, number),
            Self::Cidrs => request["source"]["remoteIp"] = json!(address(number)),
            Self::Residual => request["jwt"]["level"] = json!(ALLOWED_LEVEL),
        }
        request
    }

    /// A request that no rule matches; `number` makes them differ.
    fn unmatched(self, number: usize) -> Value {
        let elsewhere = NOWHERE + number;
        let mut request = self.matched(elsewhere);
        match self {
            Self::Principals | Self::Paths | Self::Hosts | Self::PrefixesAndTemplates => {}
            Self::HeadersAndClaims => label(&mut request, elsewhere, elsewhere),
            Self::Cidrs => request["source"]["remoteIp"] = json!(address_between(number)),
            Self::Residual => request["jwt"]["level"] = json!(DENIED_LEVEL),
        }
        request
    }
}

/// A request, and the answer that it must get.
#[derive(Clone, Debug)]
pub struct Asked {
    /// A request document, as `docs/requests.md` has it.
    pub request: Value,
    /// Whether a rule matches it.
    pub is_allowed: bool,
}

/// A whole plugin configuration: ALLOW policies of up to 512 rules each, for the workload `shop/orders`.
#[must_use]
pub fn configuration(distribution: Distribution, profile: &str, rules: usize) -> Value {
    let policies = (0..rules).step_by(RULES_OF_A_POLICY).map(|first| {
        let end = rules.min(first + RULES_OF_A_POLICY);
        policy(
            first,
            (first..end)
                .map(|number| distribution.rule(number, rules))
                .collect(),
        )
    });
    json!({
        "profile": profile,
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": policies.collect::<Vec<_>>(),
    })
}

/// So many requests: every other one is matched by a rule, from the first to the last, and the others by none.
#[must_use]
pub fn requests(distribution: Distribution, rules: usize, count: usize) -> Vec<Asked> {
    let matched = count.div_ceil(2);
    (0..count)
        .map(|place| {
            let nth = place / 2;
            let is_allowed = place.is_multiple_of(2);
            let request = if is_allowed {
                distribution.matched(spread(nth, matched, rules))
            } else {
                distribution.unmatched(nth)
            };
            Asked { request, is_allowed }
        })
        .collect()
}

const RULES_OF_A_POLICY: usize = 512;
/// No rule has this number or one above it.
const NOWHERE: usize = 900_000;
const FRONTEND: &str = "cluster.local/ns/shop/sa/frontend";
const ALLOWED_LEVEL: u32 = 9;
const DENIED_LEVEL: u32 = 5;

/// The nth of so many numbers, evenly from the first rule to the last.
fn spread(nth: usize, count: usize, rules: usize) -> usize {
    match count {
        0 | 1 => rules - 1,
        _ => nth * (rules - 1) / (count - 1),
    }
}

fn policy(first: usize, rules: Vec<Value>) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": format!("from-{first:06}"), "namespace": "shop"},
        "spec": {"action": "ALLOW", "rules": rules},
    })
}

fn operation(field: &str, value: String) -> Value {
    json!({"to": [{"operation": {field: [value]}}]})
}

fn condition(key: &str, field: &str, value: String) -> Value {
    json!({"when": [{"key": key, field: [value]}]})
}

/// A request that has whatever any rule reads, and that no rule matches.
fn plain() -> Value {
    json!({
        "peer": {"spiffeId": format!("spiffe://{FRONTEND}")},
        "source": {"ip": "10.200.200.200", "remoteIp": address_between(0)},
        "destination": {"ip": "10.200.200.201", "port": 8080},
        "method": "GET",
        "host": host(NOWHERE),
        "path": path(NOWHERE),
        "headers": [["x-tenant", tenant(NOWHERE)]],
        "jwt": {"iss": "https://issuer.example", "sub": "alice", "group": group(NOWHERE), "level": DENIED_LEVEL},
    })
}

fn principal(number: usize) -> String {
    format!("cluster.local/ns/n{number:06}/sa/s{number:06}")
}

fn path(number: usize) -> String {
    format!("/api/v1/resource-{number:06}")
}

fn host(number: usize) -> String {
    format!("h{number:06}.shop.example")
}

/// A path that prefix or template of this number takes.
fn path_below(number: usize) -> String {
    if number.is_multiple_of(2) {
        format!("/tenant-{number:06}/reports/2026")
    } else {
        format!("/team-{number:06}/blue/items/1/lines")
    }
}

fn tenant(number: usize) -> String {
    format!("t{number:06}")
}

fn group(number: usize) -> String {
    format!("g{number:06}")
}

/// Gives a request the tenant and the group of these numbers.
fn label(request: &mut Value, tenant_number: usize, group_number: usize) {
    request["headers"] = json!([["x-tenant", tenant(tenant_number)]]);
    request["jwt"]["group"] = json!(group(group_number));
}

/// The first three bytes of the block of this number, of equal lengths as texts: 10.100.100 to 14.255.254.
fn network(number: usize) -> (usize, usize, usize) {
    (
        10 + number / (156 * 155) % 5,
        100 + number / 155 % 156,
        100 + number % 155,
    )
}

fn block(number: usize) -> String {
    let (a, b, c) = network(number);
    format!("{a}.{b}.{c}.0/24")
}

fn address(number: usize) -> String {
    let (a, b, c) = network(number);
    format!("{a}.{b}.{c}.107")
}

/// An address among those of the blocks that is in none of them.
fn address_between(number: usize) -> String {
    let (a, b, _) = network(number * 1_009);
    format!("{a}.{b}.255.107")
}

/// Far above every level, but for the last rule.
fn bound(number: usize, rules: usize) -> String {
    if number + 1 == rules {
        format!(">={ALLOWED_LEVEL}")
    } else {
        format!(">={}", 1_000_000 + number)
    }
}
