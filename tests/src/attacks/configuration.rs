//! Attacks by configuration: documents that must be refused, and what is in force meanwhile.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;

use crate::attacks::tally::Tally;
use crate::envoy::guarded::{FRONTEND, Guarded};
use crate::policies::allow_get;

const REJECTED: &str = "spiffe_authz.update_rejected";
const DEPTH: usize = 100_000;
const MEGABYTE: usize = 1 << 20;
/// How many requests meet a filter without a configuration.
const REQUESTS: usize = 100;

/// A document that must be refused: its row, what it is, and its text.
type Refused = (&'static str, &'static str, String);

/// Gives a running Envoy every document, and after each asks whether the last good one is still in force.
///
/// # Errors
/// When Envoy does not serve.
pub async fn run() -> Result<Tally, String> {
    let mut tally = Tally::default();
    let guarded = Guarded::start("attacks-configuration", &allow_get(FRONTEND, &["/orders"])).await?;
    match last_good(&guarded).await? {
        Ok(()) => tally.controls += 1,
        Err(problem) => tally.problem(format!("control: {problem}")),
    }
    for (row, what, text) in documents() {
        let rejected = guarded.envoy.counter(REJECTED).await?;
        let arrived = guarded.application.arrivals();
        guarded.configure_text(&text)?;
        guarded.envoy.wait_for_counter(REJECTED, rejected + 1).await?;
        let outcome = last_good(&guarded).await?;
        // One of the two requests of the question is allowed.
        let counts = count(&mut tally, row, guarded.application.arrivals() - arrived - 1);
        counts.expected += usize::from(outcome.is_ok());
        if let Err(problem) = outcome {
            tally.problem(format!("{row} | {what}: {problem}"));
        }
    }
    tally.add(without_configuration().await?);
    Ok(tally)
}

/// A listener whose filter has no configuration yet lets nothing through.
async fn without_configuration() -> Result<Tally, String> {
    let row = "configuration-missing";
    let change = |_: &mut Value, document: &mut Value| document["resources"] = json!([]);
    let configuration = allow_get(FRONTEND, &["*"]);
    let guarded = Guarded::start_changed("attacks-no-configuration", &configuration, change).await?;
    let mut tally = Tally::default();
    for _ in 0..REQUESTS {
        let status = status(&guarded, "/orders").await?;
        let arrived = guarded.application.arrivals();
        let counts = count(&mut tally, row, arrived);
        counts.vectors = 1;
        if status == 500 && arrived == 0 {
            counts.expected += 1;
        } else {
            tally.problem(format!("{row}: status {status}, {arrived} arrived"));
        }
    }
    Ok(tally)
}

fn count<'t>(
    tally: &'t mut Tally,
    row: &'static str,
    arrived: usize,
) -> &'t mut crate::attacks::tally::Counts {
    tally.hits += arrived;
    let counts = tally.row(row);
    counts.vectors += 1;
    counts.sent += 1;
    counts.denied += usize::from(arrived == 0);
    counts.arrived += usize::from(arrived > 0);
    counts
}

/// What the last good configuration says of two paths.
async fn last_good(guarded: &Guarded) -> Result<Result<(), String>, String> {
    let found = (
        status(guarded, "/orders").await?,
        status(guarded, "/admin").await?,
    );
    Ok(if found == (200, 403) {
        Ok(())
    } else {
        Err(format!("the last good one is not in force: {found:?}"))
    })
}

async fn status(guarded: &Guarded, path: &str) -> Result<u16, String> {
    let mut connection = guarded.connect(FRONTEND).await?;
    Ok(connection.send(&HttpRequest::new("GET", path)).await?.status)
}

fn documents() -> Vec<Refused> {
    let mut documents = rules_that_cannot_be_read();
    documents.extend(newer_than_the_filter());
    documents.extend(deep());
    documents.extend(long());
    documents
}

/// A rule that is left out of a DENY policy denies nothing: the whole document is refused instead.
fn rules_that_cannot_be_read() -> Vec<Refused> {
    let row = "unknown-rule";
    let with = |what, action: &str, rule: Value| (row, what, policy(action, &rule).to_string());
    vec![
        with(
            "DENY with an unknown key",
            "DENY",
            json!({"when": [{"key": "request.colour", "values": ["x"]}]}),
        ),
        with(
            "ALLOW with an unknown key",
            "ALLOW",
            json!({"when": [{"key": "request.colour", "notValues": ["x"]}]}),
        ),
        with(
            "DENY with a key without brackets",
            "DENY",
            json!({"when": [{"key": "request.headers", "values": ["x"]}]}),
        ),
        with(
            "DENY with an unknown field",
            "DENY",
            json!({"to": [{"operation": {"verbs": ["GET"]}}]}),
        ),
        with(
            "DENY with a field in another case",
            "DENY",
            json!({"to": [{"operation": {"Paths": ["/admin"]}}]}),
        ),
        with(
            "DENY with a field of another place",
            "DENY",
            json!({"from": [{"source": {"paths": ["/admin"]}}]}),
        ),
        with(
            "DENY with a number for a path",
            "DENY",
            json!({"to": [{"operation": {"paths": [1]}}]}),
        ),
        with(
            "DENY with text for a list",
            "DENY",
            json!({"to": [{"operation": {"paths": "/admin"}}]}),
        ),
        with(
            "DENY with an address that is none",
            "DENY",
            json!({"from": [{"source": {"ipBlocks": ["10.0.0.0/33"]}}]}),
        ),
        with(
            "DENY with an empty value",
            "DENY",
            json!({"to": [{"operation": {"paths": [""]}}]}),
        ),
        with(
            "DENY with an empty operation",
            "DENY",
            json!({"to": [{"operation": {}}]}),
        ),
        with(
            "DENY with a condition without values",
            "DENY",
            json!({"when": [{"key": "source.ip"}]}),
        ),
        with("an unknown action", "PERMIT", json!({})),
        with("a null rule", "DENY", Value::Null),
    ]
}

fn newer_than_the_filter() -> Vec<Refused> {
    let row = "CVE-2022-21679";
    let changed = |what, place: &str, value: Value| {
        let mut configuration = policy("DENY", &json!({"to": [{"operation": {"paths": ["/admin"]}}]}));
        if let Some((parent, field)) = place.rsplit_once('/')
            && let Some(parent) = configuration.pointer_mut(parent)
        {
            parent[field] = value;
        }
        (row, what, configuration.to_string())
    };
    vec![
        changed("an unknown section", "/strictness", json!("high")),
        changed(
            "an unknown field of the specification",
            "/resources/0/spec/priority",
            json!(1),
        ),
        changed(
            "a version that is newer",
            "/resources/0/apiVersion",
            json!("security.istio.io/v2"),
        ),
        changed(
            "another kind",
            "/resources/0/kind",
            json!("AuthorizationPolicyV2"),
        ),
        changed("an unknown profile", "/profile", json!("lenient")),
        changed(
            "an unknown field of a rule",
            "/resources/0/spec/rules/0/unless",
            json!([]),
        ),
        changed("a twofold field", "/resources/0/spec/Action", json!("ALLOW")),
    ]
}

fn deep() -> Vec<Refused> {
    let row = "CVE-2026-48042";
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    vec![
        (row, "lists that never end", "[".repeat(DEPTH)),
        (row, "objects that never end", "{\"a\":".repeat(DEPTH)),
        (
            row,
            "a section of lists",
            format!("{{\"resources\": {}}}", nested(DEPTH)),
        ),
        (
            row,
            "a section of 65 lists",
            format!("{{\"resources\": {}}}", nested(65)),
        ),
        (
            row,
            "lists in a value",
            policy("DENY", &json!({}))
                .to_string()
                .replace("[{}]", &nested(DEPTH)),
        ),
        (row, "no JSON", "{".to_owned()),
        (row, "nothing", String::new()),
    ]
}

fn long() -> Vec<Refused> {
    let row = "expression-length";
    let operation = |what, field: &str, value: String| {
        (
            row,
            what,
            policy("DENY", &json!({"to": [{"operation": {field: [value]}}]})).to_string(),
        )
    };
    let header = |what, field: &str, value: String| {
        (
            row,
            what,
            policy(
                "DENY",
                &json!({"when": [{"key": "request.headers[x]", field: [value]}]}),
            )
            .to_string(),
        )
    };
    vec![
        operation("a path of a megabyte", "paths", "/".repeat(MEGABYTE)),
        operation("a template of a megabyte", "paths", "/{*}".repeat(MEGABYTE / 4)),
        operation(
            "an expression of a megabyte on paths",
            "pathRegexes",
            "a".repeat(MEGABYTE),
        ),
        operation(
            "an expression of a megabyte on hosts",
            "hostRegexes",
            "(a|b)".repeat(MEGABYTE / 5),
        ),
        operation("a host of a megabyte", "hosts", "a".repeat(MEGABYTE)),
        operation(
            "a short expression that grows",
            "pathRegexes",
            "((a{100}){100}){100}".to_owned(),
        ),
        header(
            "an expression of a megabyte on a header",
            "regexes",
            "a".repeat(MEGABYTE),
        ),
        header(
            "a value of a megabyte on a header",
            "values",
            "a".repeat(MEGABYTE),
        ),
    ]
}

fn policy(action: &str, rule: &Value) -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"action": action, "rules": [rule]},
    }]})
}
