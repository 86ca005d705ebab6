//! Rego, by regorus: compiled for its virtual machine, which is its fastest way to a decision.

use std::collections::BTreeMap;
use std::num::NonZero;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::utils::limits::PolicyLengthConfig;
use regorus::{Engine, Rc, Value};
use serde_json::{Map, Value as Json, json};
use spiffe_authz_bench::documents::Distribution;

use crate::condition::{Condition, Rule};
use crate::contestant::Contestant;
use crate::facts::Facts;

/// How rules are written in Rego.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegoForm {
    /// One `allow` a rule, with its values in it.
    Rules,
    /// One `allow` for each shape of rule, which goes over the rules as data.
    Data,
    /// One `allow` for each shape of rule, which looks its values up as keys of an object.
    Keys,
}

impl RegoForm {
    /// Whether each rule of such a document compares values alone, so that they can be keys.
    #[must_use]
    pub fn has_keys(distribution: Distribution) -> bool {
        match distribution {
            Distribution::Principals
            | Distribution::Paths
            | Distribution::Hosts
            | Distribution::HeadersAndClaims => true,
            Distribution::PrefixesAndTemplates | Distribution::Cidrs | Distribution::Residual => false,
        }
    }
}

/// A machine with a program and data, and inputs.
pub struct Rego {
    machine: RegoVM,
    inputs: Vec<Value>,
}

const ENTRY: &str = "data.authz.allow";

impl Rego {
    /// Compiles the rules in this form.
    ///
    /// # Errors
    /// What regorus says, and a rule that cannot be a key.
    pub fn new(form: RegoForm, rules: &[Rule], facts: &[Facts]) -> Result<Self, String> {
        let (allows, data) = match form {
            RegoForm::Rules => (
                rules.iter().map(|rule| allow(&[], rule, literal)).collect(),
                json!({}),
            ),
            RegoForm::Data => as_data(rules),
            RegoForm::Keys => as_keys(rules)?,
        };
        let inputs = facts.iter().map(|facts| value(&facts.to_json()));
        Ok(Self {
            machine: machine(&allows, &value(&data)?).map_err(|error| error.to_string())?,
            inputs: inputs.collect::<Result<_, _>>()?,
        })
    }
}

impl Contestant for Rego {
    fn allows(&mut self, request: usize) -> bool {
        self.machine.set_input(self.inputs[request].clone());
        let result = self.machine.execute().expect("the program runs");
        result == Value::Bool(true)
    }
}

fn machine(allows: &str, data: &Value) -> Result<RegoVM, Box<dyn std::error::Error>> {
    let mut engine = Engine::new();
    engine.set_policy_length_config(PolicyLengthConfig {
        max_file_bytes: NonZero::<usize>::MAX,
        max_lines: NonZero::<usize>::MAX,
        ..PolicyLengthConfig::default()
    });
    engine.add_data(data.clone())?;
    let module = format!("package authz\n\ndefault allow := false\n\n{allows}");
    engine.add_policy("authz.rego".to_owned(), module)?;
    let policy = engine.compile_with_entrypoint(&Rc::from(ENTRY))?;
    let mut machine = RegoVM::new();
    machine.load_program(Compiler::compile_from_policy(&policy, &[ENTRY])?);
    machine.set_max_instructions(usize::MAX);
    machine.set_data(data.clone())?;
    Ok(machine)
}

fn value(json: &Json) -> Result<Value, String> {
    Value::from_json_str(&json.to_string()).map_err(|error| error.to_string())
}

/// `allow` where these and all conditions hold; `operand` writes what a field of the rule is compared with.
fn allow(first: &[String], rule: &Rule, operand: fn(&str, Json) -> String) -> String {
    let conditions = rule.iter().map(|condition| expression(condition, operand));
    let body: Vec<String> = first.iter().cloned().chain(conditions).collect();
    format!("allow if {{ {} }}\n", body.join("; "))
}

fn literal(_field: &str, value: Json) -> String {
    value.to_string()
}

fn field_of_rule(field: &str, _value: Json) -> String {
    format!("rule.{field}")
}

fn expression(condition: &Condition, operand: fn(&str, Json) -> String) -> String {
    match condition {
        Condition::Principal(id) => format!("input.principal == {}", operand("principal", json!(id))),
        Condition::Path(path) => format!("input.path == {}", operand("path", json!(path))),
        Condition::PathPrefix(prefix) => {
            format!("startswith(input.path, {})", operand("prefix", json!(prefix)))
        }
        Condition::PathTemplate { first, third } => format!(
            "input.segments[0] == {}; input.segments[1] != \"\"; input.segments[2] == {}; count(input.segments) > 3",
            operand("first", json!(first)),
            operand("third", json!(third))
        ),
        Condition::Host(host) => format!("input.host == {}", operand("host", json!(host))),
        Condition::Header { name, value } => {
            format!(
                "input.headers[{}] == {}",
                json!(name),
                operand("header", json!(value))
            )
        }
        Condition::Claim { name, value } => {
            format!(
                "input.claims[{}] == {}",
                json!(name),
                operand("claim", json!(value))
            )
        }
        Condition::ClaimAtLeast { name, bound } => {
            format!(
                "input.claims[{}] >= {}",
                json!(name),
                operand("bound", json!(bound))
            )
        }
        Condition::RemoteIp(block) => {
            format!(
                "net.cidr_contains({}, input.remoteIp)",
                operand("block", json!(block))
            )
        }
    }
}

/// The fields of a rule and their values.
fn fields(rule: &Rule) -> Json {
    let mut fields = Map::new();
    for condition in rule {
        match condition {
            Condition::Principal(value) => fields.insert("principal".to_owned(), json!(value)),
            Condition::Path(value) => fields.insert("path".to_owned(), json!(value)),
            Condition::PathPrefix(value) => fields.insert("prefix".to_owned(), json!(value)),
            Condition::PathTemplate { first, third } => {
                fields.insert("first".to_owned(), json!(first));
                fields.insert("third".to_owned(), json!(third))
            }
            Condition::Host(value) => fields.insert("host".to_owned(), json!(value)),
            Condition::Header { value, .. } => fields.insert("header".to_owned(), json!(value)),
            Condition::Claim { value, .. } => fields.insert("claim".to_owned(), json!(value)),
            Condition::ClaimAtLeast { bound, .. } => fields.insert("bound".to_owned(), json!(bound)),
            Condition::RemoteIp(value) => fields.insert("block".to_owned(), json!(value)),
        };
    }
    Json::Object(fields)
}

/// Rules that differ in their values alone share one `allow`.
fn as_data(rules: &[Rule]) -> (String, Json) {
    let mut shapes: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for rule in rules {
        let shape = rule.iter().map(|condition| expression(condition, field_of_rule));
        shapes
            .entry(shape.collect::<Vec<_>>().join("; "))
            .or_default()
            .push(fields(rule));
    }
    let mut allows = String::new();
    let mut data = Map::new();
    for (number, (body, rules)) in shapes.into_iter().enumerate() {
        allows.push_str(&format!(
            "allow if {{ some rule in data.shape{number}; {body} }}\n"
        ));
        data.insert(format!("shape{number}"), Json::Array(rules));
    }
    (allows, Json::Object(data))
}

/// Nested objects, a level for each condition of a shape.
fn as_keys(rules: &[Rule]) -> Result<(String, Json), String> {
    let mut shapes: BTreeMap<Vec<String>, Map<String, Json>> = BTreeMap::new();
    for rule in rules {
        let keys: Option<Vec<(String, &str)>> = rule.iter().map(key).collect();
        let keys = keys.ok_or_else(|| format!("not a matter of keys: {rule:?}"))?;
        let (inputs, values): (Vec<String>, Vec<&str>) = keys.into_iter().unzip();
        insert(shapes.entry(inputs).or_default(), &values);
    }
    let mut allows = String::new();
    let mut data = Map::new();
    for (number, (inputs, values)) in shapes.into_iter().enumerate() {
        let keys: String = inputs.iter().map(|input| format!("[{input}]")).collect();
        allows.push_str(&format!("allow if data.shape{number}{keys}\n"));
        data.insert(format!("shape{number}"), Json::Object(values));
    }
    Ok((allows, Json::Object(data)))
}

fn insert(objects: &mut Map<String, Json>, values: &[&str]) {
    match values {
        [] => {}
        [last] => {
            objects.insert((*last).to_owned(), json!(true));
        }
        [value, rest @ ..] => {
            let inner = objects.entry(*value).or_insert_with(|| json!({}));
            if let Json::Object(inner) = inner {
                insert(inner, rest);
            }
        }
    }
}

/// What of the input is looked up, and the value that must be there.
fn key(condition: &Condition) -> Option<(String, &str)> {
    match condition {
        Condition::Principal(value) => Some(("input.principal".to_owned(), value)),
        Condition::Path(value) => Some(("input.path".to_owned(), value)),
        Condition::Host(value) => Some(("input.host".to_owned(), value)),
        Condition::Header { name, value } => Some((format!("input.headers[{}]", json!(name)), value)),
        Condition::Claim { name, value } => Some((format!("input.claims[{}]", json!(name)), value)),
        Condition::PathPrefix(_)
        | Condition::PathTemplate { .. }
        | Condition::ClaimAtLeast { .. }
        | Condition::RemoteIp(_) => None,
    }
}
