//! Nothing is left out: whatever request two random policy sets decide otherwise, it is in a class that is told.

use fastrand::Rng;
use serde_json::{Value, json};
use spiffe_authz_policy::RequestDocument;

use super::{mtls, orders, policy, side};
use crate::difference::judges::Judges;
use crate::difference::merge::Told;
use crate::difference::report::Verdict;
use crate::difference::solved::Solved;
use crate::difference::{Direction, Shown, Spoken};

const PRINCIPALS: [&str; 6] = [
    "cluster.local/ns/shop/sa/frontend",
    "cluster.local/ns/shop/*",
    "*/sa/admin",
    "*",
    "cluster.local/ns/pay*",
    "partner.example/ns/shop/sa/frontend",
];
const PATHS: [&str; 9] = [
    "/a", "/a/*", "*.png", "/{*}/b", "/a/{**}", "*", "/a/b", "/c/{*}/d", "/Admin*",
];
const REGEXES: [&str; 3] = ["/v[12]/.*", "/a/[a-c]+", ".*b"];

/// Some of the values, at least one.
fn some(rng: &mut Rng, values: &[&str]) -> Vec<String> {
    let count = rng.usize(1..=2);
    (0..count)
        .map(|_| values[rng.usize(..values.len())].to_owned())
        .collect()
}

fn field(rng: &mut Rng, map: &mut Value, name: &str, values: &[&str]) {
    let name = if rng.u8(..4) == 0 {
        let (first, rest) = name.split_at(1);
        format!("not{}{rest}", first.to_uppercase())
    } else {
        name.to_owned()
    };
    map[name] = json!(some(rng, values));
}

fn source(rng: &mut Rng) -> Value {
    let mut source = json!({});
    match rng.u8(..5) {
        0 => field(rng, &mut source, "namespaces", &["shop", "payments", "sh*"]),
        1 => field(
            rng,
            &mut source,
            "ipBlocks",
            &["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"],
        ),
        2 => field(
            rng,
            &mut source,
            "serviceAccounts",
            &["frontend", "payments/admin"],
        ),
        _ => field(rng, &mut source, "principals", &PRINCIPALS),
    }
    source
}

fn operation(rng: &mut Rng) -> Value {
    let mut operation = json!({});
    if rng.bool() {
        field(rng, &mut operation, "methods", &["GET", "POST", "P*"]);
    }
    match rng.u8(..6) {
        0 => field(rng, &mut operation, "pathRegexes", &REGEXES),
        1 => field(
            rng,
            &mut operation,
            "hosts",
            &["orders.shop", "*.shop", "orders.*"],
        ),
        2 => field(rng, &mut operation, "ports", &["80", "8080-8090", "8085"]),
        _ => {
            field(rng, &mut operation, "paths", &PATHS);
            if rng.u8(..5) == 0 {
                operation["ignoreCase"] = json!(true);
            }
        }
    }
    operation
}

fn condition(rng: &mut Rng) -> Value {
    let (key, values): (&str, &[&str]) = match rng.u8(..5) {
        0 => ("request.headers[x-role]", &["admin", "user*", "*"]),
        1 => ("request.auth.claims[groups]", &["admins", "dev*"]),
        2 => ("request.query[mode]", &["full", "f*"]),
        3 => ("connection.sni", &["orders.shop", "*.shop"]),
        _ => (
            "request.auth.principal",
            &["https://issuer/alice", "https://issuer/*", "*"],
        ),
    };
    let mut condition = json!({"key": key});
    field(rng, &mut condition, "values", values);
    condition
}

fn rule(rng: &mut Rng) -> Value {
    let mut rule = json!({});
    if rng.u8(..3) > 0 {
        rule["from"] = json!([{"source": source(rng)}]);
    }
    if rng.u8(..3) > 0 {
        rule["to"] = json!([{"operation": operation(rng)}]);
    }
    if rng.u8(..3) == 0 {
        rule["when"] = json!([condition(rng)]);
    }
    rule
}

fn policies(rng: &mut Rng) -> Vec<Value> {
    let count = rng.usize(1..=3);
    let mut policies: Vec<Value> = (0..count)
        .map(|index| {
            let rules: Vec<Value> = (0..rng.usize(1..=3)).map(|_| rule(rng)).collect();
            let action = if rng.u8(..3) == 0 { "DENY" } else { "ALLOW" };
            policy(&format!("p{index}"), json!({"action": action, "rules": rules}))
        })
        .collect();
    if rng.bool() {
        policies.push(mtls(if rng.bool() { "PERMISSIVE" } else { "STRICT" }));
    }
    policies
}

/// A second set: often the first with a policy changed, sometimes another.
fn pair(rng: &mut Rng) -> (Value, Value) {
    let profile = |rng: &mut Rng| if rng.u8(..3) == 0 { "istio" } else { "zero-trust" };
    let (old_profile, old) = (profile(rng), policies(rng));
    let (new_profile, new) = if rng.u8(..3) == 0 {
        (profile(rng), policies(rng))
    } else {
        let mut new = old.clone();
        let place = rng.usize(..new.len());
        new[place] = policies(rng).swap_remove(0);
        new[place]["metadata"]["name"] = json!("changed");
        (old_profile, new)
    };
    let set = |profile: &str, resources: Vec<Value>| json!({"profile": profile, "resources": resources});
    (set(old_profile, old), set(new_profile, new))
}

fn one<'v>(rng: &mut Rng, values: &[&'v str]) -> &'v str {
    values[rng.usize(..values.len())]
}

fn request(rng: &mut Rng) -> Value {
    let mut request = json!({
        "source": {"ip": one(rng, &["10.1.2.3", "10.200.0.1", "192.168.0.1", "2001:db8::7", "2a00::1"])},
        "destination": {"port": ([80, 8080, 8085, 8090, 9000][rng.usize(..5)])},
    });
    if rng.u8(..4) > 0 {
        let domain = one(rng, &["cluster.local", "partner.example", "else.example"]);
        let namespace = one(rng, &["shop", "payments", "shipping", "z"]);
        let account = one(rng, &["frontend", "admin", "x-y"]);
        request["peer"] = json!({"spiffeId": format!("spiffe://{domain}/ns/{namespace}/sa/{account}")});
    }
    if rng.bool() {
        request["sni"] = json!(one(rng, &["orders.shop", "pay.shop", "else"]));
    }
    if rng.u8(..8) == 0 {
        request["protocol"] = json!("tcp");
        return request;
    }
    request["method"] = json!(one(rng, &["GET", "POST", "PUT", "DELETE"]));
    request["host"] = json!(one(
        rng,
        &[
            "orders.shop",
            "orders.test",
            "pay.shop",
            "else",
            "orders.shop:8080"
        ]
    ));
    let path = one(
        rng,
        &[
            "/a", "/a/", "/a/b", "/a/bb", "/x/b", "/x.png", "/a/x.png", "/c/q/d", "/v1/x", "/v3/x", "/",
            "/admin/x", "/Admin", "/A/b",
        ],
    );
    let query = one(rng, &["", "?mode=full", "?mode=fast", "?mode=x&a=b"]);
    request["path"] = json!(format!("{path}{query}"));
    match rng.u8(..5) {
        0 => request["headers"] = json!([["x-role", one(rng, &["admin", "user", "users", "z"])]]),
        1 => request["headers"] = json!([["x-role", "admin"], ["x-role", one(rng, &["user1", "z"])]]),
        _ => {}
    }
    match rng.u8(..5) {
        0 => {
            request["jwt"] = json!({"iss": one(rng, &["https://issuer", "https://else"]), "sub": one(rng, &["alice", "bob"])})
        }
        1 => request["jwt"] = json!({"iss": "i", "sub": "s", "groups": [one(rng, &["admins", "devs", "z"])]}),
        _ => {}
    }
    request
}

/// Whether the request lies in a class that is told, by what each clause of both sets says of it.
fn is_told(
    solved: &Solved,
    told: &[Vec<Told>],
    judges: &Judges<'_>,
    request: &Value,
    direction: Direction,
) -> bool {
    let document = RequestDocument::from_json(request.to_string().as_bytes()).unwrap();
    let spoken = if request["protocol"] == "tcp" {
        Spoken::Tcp
    } else {
        Spoken::Http
    };
    let shown = if request["peer"].is_null() {
        Shown::Plaintext
    } else {
        Shown::Certificate
    };
    let scene = solved
        .scenes
        .iter()
        .zip(told)
        .find(|(scene, _)| scene.space.scene.spoken == spoken && scene.space.scene.shown == shown);
    let (scene, told) = scene.unwrap();
    let fitting = judges.fitting(&scene.space, &document);
    told.iter()
        .filter(|told| told.direction == direction)
        .any(|told| {
            told.classes
                .iter()
                .all(|(axis, own)| own.iter().any(|class| fitting[*axis].contains(class)))
        })
}

#[test]
fn whatever_is_decided_otherwise_is_in_a_class_that_is_told() {
    let mut rng = Rng::with_seed(7);
    let (mut differing, mut pairs) = (0_u32, 0_u32);
    for round in 0..36 {
        let (old_text, new_text) = pair(&mut rng);
        let (old, new) = (side(&old_text), side(&new_text));
        let solved = Solved::new(&old, &new, &orders(), &mut |_, _| {});
        let solved = solved.unwrap_or_else(|error| panic!("{error}"));
        // Every class is confirmed on requests of its own.
        crate::difference::compare(&old, &new, &orders(), &mut |_, _| {})
            .unwrap_or_else(|error| panic!("{error}\n{old_text}\n{new_text}"));
        let told: Vec<Vec<Told>> = solved
            .scenes
            .iter()
            .map(|scene| scene.told(solved.sets()).unwrap())
            .collect();
        let [old_set, new_set] = solved.sets();
        let judges = Judges::new([&old, &new], solved.attached()).unwrap();
        let before = differing;
        for _ in 0..60 {
            let text = request(&mut rng);
            let document = RequestDocument::from_json(text.to_string().as_bytes()).unwrap();
            let direction = match (
                Verdict::of(old_set, &document).effect,
                Verdict::of(new_set, &document).effect,
            ) {
                ("deny", "allow") => Direction::NewlyAllowed,
                ("allow", "deny") => Direction::NewlyDenied,
                _ => continue,
            };
            differing += 1;
            assert!(
                is_told(&solved, &told, &judges, &text, direction),
                "round {round}: {direction:?} {text}\nold {old_text}\nnew {new_text}"
            );
        }
        pairs += u32::from(differing > before);
    }
    assert!(
        pairs > 10 && differing > 100,
        "{pairs} pairs, {differing} requests: the test sees too few differences"
    );
}
