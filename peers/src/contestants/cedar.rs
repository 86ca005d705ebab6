//! Cedar: one `permit` a rule. The principal stands in the scope, all else in conditions on the context.

use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
};
use serde_json::{Value, json};

use crate::condition::{Condition, Rule};
use crate::contestant::Contestant;
use crate::facts::Facts;

/// A policy set, and requests with their contexts.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
}

impl Cedar {
    /// Parses the policies and makes the requests.
    ///
    /// # Errors
    /// What Cedar says.
    pub fn new(rules: &[Rule], facts: &[Facts]) -> Result<Self, String> {
        let text: String = rules.iter().map(permit).collect();
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(&text).map_err(|errors| errors.to_string())?,
            entities: Entities::empty(),
            requests: facts.iter().map(request).collect::<Result<_, _>>()?,
        })
    }
}

impl Contestant for Cedar {
    fn allows(&mut self, request: usize) -> bool {
        let response = self
            .authorizer
            .is_authorized(&self.requests[request], &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

fn permit(rule: &Rule) -> String {
    let mut principal = "principal".to_owned();
    let mut conditions = Vec::new();
    for condition in rule {
        match condition {
            Condition::Principal(id) => principal = format!("principal == Workload::{}", quoted(id)),
            Condition::Path(path) => conditions.push(format!("context.path == {}", quoted(path))),
            Condition::PathPrefix(prefix) => conditions.push(format!("context.path like \"{prefix}*\"")),
            Condition::PathTemplate { first, third } => conditions.push(format!(
                "context.first == {} && context.second != \"\" && context.third == {} && context.depth > 3",
                quoted(first),
                quoted(third)
            )),
            Condition::Host(host) => conditions.push(format!("context.host == {}", quoted(host))),
            Condition::Header { name, value } => {
                conditions.push(member("headers", name, "==", &quoted(value)))
            }
            Condition::Claim { name, value } => conditions.push(member("claims", name, "==", &quoted(value))),
            Condition::ClaimAtLeast { name, bound } => {
                conditions.push(member("claims", name, ">=", &bound.to_string()));
            }
            Condition::RemoteIp(block) => {
                conditions.push(format!("context.remoteIp.isInRange(ip({}))", quoted(block)));
            }
        }
    }
    let when = match conditions.join(" && ") {
        conditions if conditions.is_empty() => conditions,
        conditions => format!(" when {{ {conditions} }}"),
    };
    format!("permit({principal}, action, resource){when};\n")
}

fn member(record: &str, name: &str, operator: &str, value: &str) -> String {
    let name = quoted(name);
    format!("context.{record} has {name} && context.{record}[{name}] {operator} {value}")
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn request(facts: &Facts) -> Result<Request, String> {
    let context = Context::from_json_value(context(facts), None).map_err(|error| error.to_string())?;
    Request::new(
        entity("Workload", &facts.principal)?,
        entity("Action", "request")?,
        entity("Workload", "cluster.local/ns/shop/sa/orders")?,
        context,
        None,
    )
    .map_err(|error| error.to_string())
}

fn entity(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind = EntityTypeName::from_str(kind).map_err(|errors| errors.to_string())?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn context(facts: &Facts) -> Value {
    json!({
        "host": facts.host,
        "path": facts.path,
        "first": facts.segment(0),
        "second": facts.segment(1),
        "third": facts.segment(2),
        "depth": facts.segments.len(),
        "headers": facts.headers,
        "claims": facts.claims,
        "remoteIp": {"__extn": {"fn": "ip", "arg": facts.remote_ip}},
    })
}
