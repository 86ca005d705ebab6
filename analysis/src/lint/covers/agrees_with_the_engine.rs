//! Whenever one rule is said to cover another, the engine is asked: no request may match the narrow one alone.

#![allow(clippy::indexing_slicing, reason = "a failed test panics")]

use fastrand::Rng;
use serde_json::{Map, Value, json};
use spiffe_authz_policy::{Document, Limits, PolicySet, RequestDocument, StatedConfiguration, Workload};

use super::Comparable;

const PAIRS: usize = 800;
const REQUESTS: usize = 40;

/// Fields with values of which many cover each other.
const SOURCES: &[(&str, &[&str])] = &[
    (
        "rincipals",
        &[
            "*",
            "td/ns/a/sa/x",
            "cluster.local/ns/a/sa/x",
            "old/ns/a/sa/x",
            "td/ns/a/*",
            "td/*",
            "*/sa/x",
            "other/ns/a/sa/x",
            "*d/ns/a/sa/x",
        ],
    ),
    ("amespaces", &["a", "b", "*", "a*"]),
    ("erviceAccounts", &["a/x", "x", "b/x"]),
    ("rustDomains", &["td", "old", "*", "other", "t*"]),
    (
        "pBlocks",
        &[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.3",
            "0.0.0.0/0",
            "10.1.2.3/16",
        ],
    ),
    ("equestPrincipals", &["*", "i/s", "i/*", "*/s"]),
];
const OPERATIONS: &[(&str, &[&str])] = &[
    (
        "osts",
        &["*", "a.com", "A.com", "*.com", "a*", "a.com:80", "a.com."],
    ),
    ("orts", &["80", "80-90", "85", "0-65535"]),
    ("ethods", &["*", "GET", "G*", "POST"]),
    (
        "aths",
        &[
            "*",
            "/a",
            "/a/*",
            "/a/b",
            "/*",
            "*/b",
            "/a/{*}",
            "/a/{**}",
            "/a/{*}/b",
            "/{**}",
            "/a/b/{**}",
        ],
    ),
];
const CONDITIONS: &[(&str, &[&str])] = &[
    ("request.headers[x-a]", &["*", "v", "v*", "*w", "vw"]),
    ("request.query[q]", &["*", "1", "1*"]),
    ("request.auth.claims[c]", &["*", "v", "v*"]),
    ("source.namespace", &["a", "*"]),
    ("source.principal", &["td/ns/a/sa/x", "*"]),
    ("destination.port", &["80", "80-90"]),
    ("connection.sni", &["s", "s*", "*"]),
];

#[test]
fn a_rule_that_covers_another_matches_every_request_that_it_matches() {
    let mut rng = Rng::with_seed(7);
    let (mut covering, mut matching) = (0_usize, 0_usize);
    for number in 0..PAIRS {
        let pair = Pair::random(&mut rng);
        if !pair.covers() {
            continue;
        }
        covering += 1;
        let (wide, narrow) = (pair.alone(0), pair.alone(1));
        for _ in 0..REQUESTS {
            let request = request(&mut rng);
            if code(&narrow, &request).starts_with("matched-") {
                matching += 1;
                let wide = code(&wide, &request);
                // Nothing that can be read two ways gets as far as a policy.
                let is_matched = wide.starts_with("matched-") || wide.starts_with("ambiguous-");
                assert!(is_matched, "pair {number}: {pair:#?}\n{request}");
            }
        }
    }
    assert!(covering > 80, "{covering} rules covered another");
    assert!(matching > 250, "{matching} requests matched");
}

#[derive(Debug)]
struct Pair {
    profile: &'static str,
    /// The wide one first.
    actions: [&'static str; 2],
    rules: [Value; 2],
}

impl Pair {
    fn random(rng: &mut Rng) -> Self {
        let actions = [["ALLOW", "ALLOW"], ["DENY", "DENY"], ["DENY", "ALLOW"]];
        let wide = rule(rng);
        // Most pairs at random do not cover: every other is the wide one with something more.
        let narrow = if rng.bool() {
            narrowed(rng, &wide)
        } else {
            rule(rng)
        };
        Self {
            profile: ["zero-trust", "istio"][rng.usize(..2)],
            actions: actions[rng.usize(..3)],
            rules: [wide, narrow],
        }
    }

    fn covers(&self) -> bool {
        let policies = [self.policy(0), self.policy(1)];
        let configuration = StatedConfiguration::read(&self.document(&policies)).unwrap();
        let [wide, narrow] = [0, 1].map(|index| Comparable {
            configuration: &configuration,
            policy: &configuration.policies[index],
            rule: &configuration.policies[index].rules[0],
        });
        wide.covers(narrow)
    }

    fn policy(&self, index: usize) -> Value {
        json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("p{index}"), "namespace": "a"},
            "spec": {"action": self.actions[index], "rules": [self.rules[index]]}})
    }

    fn document(&self, policies: &[Value]) -> Document {
        let open = json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "open", "namespace": "istio-system"}, "spec": {"mtls": {"mode": "PERMISSIVE"}}});
        let resources: Vec<&Value> = policies.iter().chain([&open]).collect();
        let text = json!({"profile": self.profile, "resources": resources,
            "mesh": {"trustDomain": "td", "trustDomainAliases": ["old"]}})
        .to_string();
        Document::from_json(text.as_bytes(), Limits::default()).unwrap()
    }

    /// The one policy; what it does not match is decided by nothing.
    fn alone(&self, index: usize) -> PolicySet {
        let workload = Workload {
            namespace: "a".to_owned(),
            labels: [].into(),
            waypoint: None,
        };
        PolicySet::from_document(&self.document(&[self.policy(index)]), Some(workload)).unwrap()
    }
}

fn code(set: &PolicySet, request: &Value) -> &'static str {
    let request = RequestDocument::from_json(request.to_string().as_bytes()).unwrap();
    request.with_request(|request| set.decide(request).code())
}

fn some<'v>(rng: &mut Rng, values: &[&'v str]) -> Vec<&'v str> {
    (0..=rng.usize(..2))
        .map(|_| values[rng.usize(..values.len())])
        .collect()
}

/// `principals` and `notPrincipals` of `rincipals`.
fn name(field: &str, is_not: bool) -> String {
    let first = match field {
        "rincipals" | "aths" | "ath" => "p",
        "amespaces" => "n",
        "erviceAccounts" => "s",
        "rustDomains" => "t",
        "pBlocks" => "i",
        "equestPrincipals" => "r",
        "osts" => "h",
        "orts" => "p",
        _ => "m",
    };
    match is_not {
        true => format!("not{}{field}", first.to_uppercase()),
        false => format!("{first}{field}"),
    }
}

fn fields(rng: &mut Rng, pool: &[(&str, &[&str])]) -> Map<String, Value> {
    let mut fields = Map::new();
    for _ in 0..=rng.usize(..2) {
        let (field, values) = pool[rng.usize(..pool.len())];
        let field = name(field, rng.usize(..4) == 0);
        fields.insert(field, json!(some(rng, values)));
    }
    // Service accounts do not stand beside these (S-12).
    if fields.keys().any(|key| key.ends_with("erviceAccounts")) {
        fields.retain(|key, _| !key.ends_with("rincipals") || key.ends_with("equestPrincipals"));
        fields.retain(|key, _| !key.ends_with("amespaces"));
    }
    fields
}

fn condition(rng: &mut Rng) -> Value {
    let (key, values) = CONDITIONS[rng.usize(..CONDITIONS.len())];
    let side = ["values", "values", "notValues"][rng.usize(..3)];
    json!({"key": key, side: some(rng, values)})
}

fn rule(rng: &mut Rng) -> Value {
    let mut rule = Map::new();
    let from: Vec<_> = (0..rng.usize(..3))
        .map(|_| json!({"source": fields(rng, SOURCES)}))
        .collect();
    let to: Vec<_> = (0..rng.usize(..3))
        .map(|_| json!({"operation": fields(rng, OPERATIONS)}))
        .collect();
    let when: Vec<_> = (0..rng.usize(..2)).map(|_| condition(rng)).collect();
    for (name, list) in [("from", from), ("to", to), ("when", when)] {
        if !list.is_empty() {
            rule.insert(name.to_owned(), json!(list));
        }
    }
    Value::Object(rule)
}

/// The rule with one of its lists shorter, or another condition.
fn narrowed(rng: &mut Rng, rule: &Value) -> Value {
    let mut rule = rule.clone();
    let Value::Object(fields) = &mut rule else {
        return rule;
    };
    for name in ["from", "to"] {
        match fields.get_mut(name).and_then(Value::as_array_mut) {
            Some(list) if list.len() > 1 => drop(list.pop()),
            Some(_) => {}
            None => {
                let own = if name == "from" { SOURCES } else { OPERATIONS };
                let part = if name == "from" { "source" } else { "operation" };
                fields.insert(name.to_owned(), json!([{part: self::fields(rng, own)}]));
            }
        }
    }
    if rng.bool() {
        let mut when = fields
            .get("when")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        when.push(condition(rng));
        fields.insert("when".to_owned(), json!(when));
    }
    rule
}

fn request(rng: &mut Rng) -> Value {
    let mut request = connection(rng);
    if rng.usize(..3) == 0 {
        request["protocol"] = json!("tcp");
    } else {
        add_http(rng, &mut request);
    }
    request
}

fn connection(rng: &mut Rng) -> Value {
    let mut pick = |values: &[Value]| values[rng.usize(..values.len())].clone();
    let peer = pick(&[
        json!(null),
        json!({"spiffeId": "spiffe://td/ns/a/sa/x"}),
        json!({"spiffeId": "spiffe://old/ns/a/sa/x"}),
        json!({"spiffeId": "spiffe://other/ns/a/sa/x"}),
        json!({"spiffeId": "spiffe://td/ns/b/sa/x"}),
        json!({"spiffeId": "spiffe://td/ns/a/sa/x/more"}),
        json!({"spiffeId": "spiffe://cluster.local/ns/a/sa/x"}),
    ]);
    let source = pick(&[
        json!({}),
        json!({"ip": "10.1.2.3"}),
        json!({"ip": "10.2.0.1"}),
        json!({"ip": "::1"}),
    ]);
    let port = pick(&[
        json!({}),
        json!({"port": 80}),
        json!({"port": 85}),
        json!({"port": 9}),
    ]);
    let mut request = json!({"peer": peer, "source": source, "destination": port});
    let sni = pick(&[json!(null), json!("s"), json!("st")]);
    if sni.is_string() {
        request["sni"] = sni;
    }
    request
}

fn add_http(rng: &mut Rng, request: &mut Value) {
    let mut pick = |values: &[Value]| values[rng.usize(..values.len())].clone();
    request["method"] = pick(&[json!("GET"), json!("POST"), json!("PUT")]);
    request["host"] = pick(&[
        json!("a.com"),
        json!("A.com:80"),
        json!("b.com"),
        json!("a.com."),
        json!("ab"),
    ]);
    request["path"] = pick(&[
        json!("/a"),
        json!("/a/"),
        json!("/a/b"),
        json!("/a/b/c?q=1"),
        json!("/b?q=1&q=2"),
        json!("/a/x/b?q=12"),
        json!("/a/x|y"),
        json!("*"),
    ]);
    request["headers"] = pick(&[
        json!([]),
        json!([["x-a", "v"]]),
        json!([["x-a", "v"], ["x-a", "vw"]]),
        json!([["x-a", "z"], ["x-a", "v"]]),
        json!([["x-a", ""]]),
    ]);
    let token = pick(&[
        json!(null),
        json!({"iss": "i", "sub": "s", "c": "v"}),
        json!({"iss": "i", "sub": "t", "c": ["v", "z"]}),
        json!({"iss": "j", "sub": "", "c": "v\nw"}),
    ]);
    if token.is_object() {
        request["jwt"] = token;
    }
}
