//! What becomes of HTTP fields on a TCP connection (S-10).

use spiffe_authz_policy::{StatedAction, StatedClause, StatedKey, StatedPolicy, StatedRule};

use crate::lint::pattern::ports;
use crate::lint::{Lint, LintCode};

/// Ports of protocols that are not HTTP, by the register of service names (IANA).
const TCP_PORTS: [(u16, &str); 16] = [
    (22, "SSH"),
    (25, "SMTP"),
    (389, "LDAP"),
    (636, "LDAP over TLS"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (1883, "MQTT"),
    (2181, "ZooKeeper"),
    (3306, "MySQL"),
    (4222, "NATS"),
    (5432, "PostgreSQL"),
    (5672, "AMQP"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9092, "Kafka"),
    (27017, "MongoDB"),
];

pub(super) fn look(policy: &StatedPolicy, rule: &StatedRule, lints: &mut Vec<Lint>) {
    let Some(http) = rule.clauses().find(|clause| clause.key.speaks_http()) else {
        return;
    };
    if let Some((port, protocol)) = tcp_port(rule) {
        lints.extend(on_tcp_port(policy, http, port, protocol));
    } else if policy.action == StatedAction::Deny && !keeps_a_field(rule) {
        lints.push(denies_all(rule, http));
    }
}

/// A port that is asked for and that does not speak HTTP.
fn tcp_port(rule: &StatedRule) -> Option<(u16, &'static str)> {
    let clauses = rule.clauses().filter(|clause| clause.key == StatedKey::Ports);
    let asked = clauses.flat_map(|clause| &clause.any_of);
    asked
        .filter_map(|value| ports(&value.text).filter(|range| range.start() == range.end()))
        .find_map(|range| TCP_PORTS.iter().find(|(port, _)| port == range.start()).copied())
}

fn on_tcp_port(policy: &StatedPolicy, http: &StatedClause, port: u16, protocol: &str) -> Option<Lint> {
    let what = match policy.action {
        StatedAction::Allow => "the rule never matches there",
        StatedAction::Deny => "they are left out there, and the rule denies more than it says",
        StatedAction::Audit => "they are left out there, and the rule marks more than it says",
        StatedAction::Custom => return None,
    };
    let message = format!(
        "port {port} is {protocol}, where a connection has no {}: {what}",
        http.key
    );
    let lint = Lint::new(LintCode::HttpFieldsOnTcpPort, &http.at, message);
    Some(lint.help("put the port into a rule of its own, without HTTP fields"))
}

/// Whether something is left of a source or an operation without its HTTP fields.
fn keeps_a_field(rule: &StatedRule) -> bool {
    let keeps = |clauses: &[StatedClause]| clauses.iter().any(|clause| !clause.key.speaks_http());
    let of_all = |alternatives: &[spiffe_authz_policy::StatedAlternative]| {
        !alternatives.is_empty() && alternatives.iter().all(|one| keeps(&one.clauses))
    };
    of_all(&rule.from) || of_all(&rule.to) || keeps(&rule.when)
}

fn denies_all(rule: &StatedRule, http: &StatedClause) -> Lint {
    let message = format!(
        "on a TCP port this rule denies every connection: {} is left out there, and nothing else is asked",
        http.key
    );
    let lint = Lint::new(LintCode::DenyWidensOnTcp, &rule.at, message);
    lint.help("add the `ports` that speak HTTP to the operation, if the workload has others")
}
