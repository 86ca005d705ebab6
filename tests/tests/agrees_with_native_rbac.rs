//! A slice of the comparison with native RBAC, with a fixed seed, and the cases that chance does not make.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use spiffe_authz_tests::native_rbac::{Answer, HttpVersion, Outcome, Round, Tally, run};

const SEED: u64 = 20_260_101;
const CONFIGURATIONS: u64 = 40;
const REQUESTS: usize = 75;

fn compare(rounds: &[Arc<Round>]) -> Vec<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(rounds)).unwrap()
}

#[test]
fn the_filter_decides_as_native_rbac_does() {
    let round = |seed| Arc::new(Round::generate(seed, REQUESTS).unwrap());
    let rounds: Vec<Arc<Round>> = (SEED..SEED + CONFIGURATIONS).map(round).collect();
    let outcomes = compare(&rounds);
    let mut tally = Tally::default();
    outcomes.iter().for_each(|outcome| tally.count(outcome));
    let disagreed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| outcome.answers.disagree())
        .map(|outcome| {
            let seed = SEED + outcome.round as u64;
            format!(
                "differential-envoy --replay {seed} --requests {REQUESTS}: {:?}",
                outcome.answers
            )
        })
        .collect();
    assert!(disagreed.is_empty(), "{disagreed:#?}");
    // A comparison in which everything comes out alike compares nothing.
    for part in [
        tally.allowed,
        tally.denied_by_rule,
        tally.denied_by_none,
        tally.http2,
        tally.requests - tally.http2,
    ] {
        assert!(part * 20 > tally.requests, "{tally}");
    }
}

/// One rule of an ALLOW policy.
fn allow(rule: Value) -> Value {
    json!({
        "profile": "istio",
        "workload": {"namespace": "shop"},
        "resources": [{
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "orders", "namespace": "shop"},
            "spec": {"rules": [rule]},
        }],
    })
}

fn when(key: &str, values: &[&str]) -> Value {
    allow(json!({"when": [{"key": key, "values": values}]}))
}

fn paths(values: &[&str]) -> Value {
    allow(json!({"to": [{"operation": {"paths": values}}]}))
}

fn request(fields: Value) -> Value {
    let mut request = json!({"method": "GET", "host": "orders.shop", "path": "/"});
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// What chance does not make, or hardly ever.
fn picked() -> Vec<(Value, Value)> {
    let claim = |value: Value| request(json!({"jwt": {"iss": "i", "sub": "s", "a": value}}));
    let metadata = |value: Value| request(json!({"metadata": {"envoy.filters.http.foo": {"key": value}}}));
    let header = |values: &[&str]| {
        let headers: Vec<Value> = values.iter().map(|value| json!(["x-role", value])).collect();
        request(json!({"headers": headers}))
    };
    let raw_header = |base64: &str| request(json!({"headers": [["x-role", {"base64": base64}]]}));
    let path = |path: &str| request(json!({"path": path}));
    let mut picked = Vec::new();
    // A star is an expression, and what an expression takes for a character is not every byte.
    for text in [
        "x", "", "a\nb", "\n", "\r", "a\u{0}b", "é", "\u{fffd}", "\u{2028}", "[v]",
    ] {
        for values in [["*"], ["a*"], ["*b"]] {
            picked.push((when("request.auth.claims[a]", &values), claim(json!(text))));
            picked.push((when("request.auth.claims[a]", &values), claim(json!([text, 3]))));
            picked.push((
                when("experimental.envoy.filters.http.foo[key]", &values),
                metadata(json!(text)),
            ));
        }
    }
    for issuer in ["a\nb", "", "i\n", "é"] {
        for value in ["*", "*/s", "i/*", "i*", "*s"] {
            let token = request(json!({"jwt": {"iss": issuer, "sub": "s"}}));
            picked.push((when("request.auth.principal", &[value]), token));
            let token = request(json!({"jwt": {"iss": "i", "sub": issuer}}));
            picked.push((when("request.auth.principal", &[value]), token));
        }
    }
    // Brackets around a value, in a row and alone.
    for value in ["[v]", "[[v]]", "[v]]", "[[v]", "[]", "[*]", "[a]b]", "[", "]"] {
        for text in [
            json!("v"),
            json!("[v]"),
            json!(["v"]),
            json!(["[v]"]),
            json!([""]),
            json!([]),
            json!(["a]b"]),
            json!("["),
        ] {
            picked.push((
                when("experimental.envoy.filters.http.foo[key]", &[value]),
                metadata(text),
            ));
        }
    }
    // Claims that are no text.
    for value in [
        json!(3),
        json!(true),
        json!(null),
        json!({"b": "x"}),
        json!([["x"]]),
        json!([true]),
        json!([null, "3"]),
    ] {
        for values in [["*"], ["3"], ["true"], ["x"]] {
            picked.push((when("request.auth.claims[a]", &values), claim(value.clone())));
            picked.push((when("request.auth.claims[a][b]", &values), claim(value.clone())));
        }
    }
    // One header more than once, empty, or no text.
    for values in [
        &["a", "b"][..],
        &["a,b"],
        &["", "b"],
        &["b", ""],
        &[""],
        &[],
        &["a", "a"],
    ] {
        for value in ["a", "*b", "a*", "*", "a,b"] {
            picked.push((when("request.headers[X-Role]", &[value]), header(values)));
            let not = allow(json!({"when": [{"key": "request.headers[x-role]", "notValues": [value]}]}));
            picked.push((not, header(values)));
        }
    }
    for base64 in ["/w==", "Yf8=", "/2I=", "w6k="] {
        for value in ["*", "a*", "*b", "é"] {
            picked.push((when("request.headers[x-role]", &[value]), raw_header(base64)));
        }
    }
    // Paths: characters that a template leaves out, escapes, and bytes that are no text.
    for text in [
        "/a|b", "/a\"b", "/a^b", "/a`b", "/a{b}", "/a\\b", "/a[b]", "/a*b", "/a%2fb", "/a%b", "/a=b", "/a;b",
        "/a@b", "/a'b", "/a//b", "/a/../b", "//", "/?", "/?x#y", "/a?b/c", "*", "/a~b", "/a<b>", "/é",
    ] {
        for value in ["*", "/a*", "*b", "/{*}", "/{**}", "/{*}/{*}", "/a/{**}/b"] {
            picked.push((paths(&[value]), path(text)));
            picked.push((when("request.headers[:path]", &["/a*"]), path(text)));
        }
    }
    for base64 in ["L/8=", "L2H/", "L8Op", "L2EA"] {
        for value in ["*", "/a*", "/{*}", "/{**}"] {
            picked.push((paths(&[value]), request(json!({"path": {"base64": base64}}))));
        }
    }
    for host in [
        "a", "A:80", "a.", "a..", "é", "[::1]", "a b", "a,b", "a/b", "a@b", "a%2eb", "", "a_b",
    ] {
        for value in ["*", "a*", "*A", "a", "A:80", "a."] {
            let hosts = allow(json!({"to": [{"operation": {"hosts": [value]}}]}));
            picked.push((hosts, request(json!({"host": host}))));
            picked.push((
                when("request.headers[:authority]", &[value]),
                request(json!({"host": host})),
            ));
            picked.push((
                when("request.headers[Host]", &[value]),
                request(json!({"host": host})),
            ));
        }
    }
    for method in ["GET", "get", "M-SEARCH", "X", "PURGE", "OPTIONS", "G"] {
        for value in ["*", "G*", "*T", "GET"] {
            let methods = allow(json!({"to": [{"operation": {"methods": [value]}}]}));
            picked.push((methods, request(json!({"method": method}))));
        }
    }
    for name in [
        ":scheme",
        "x-forwarded-proto",
        "x-forwarded-for",
        "x-request-id",
        "x-envoy-internal",
        "user-agent",
        "content-length",
        "cookie",
    ] {
        for value in ["*", "http", "10.*"] {
            picked.push((
                when(&format!("request.headers[{name}]"), &[value]),
                request(json!({})),
            ));
        }
    }
    for (name, values) in [
        ("cookie", ["a=b", "c=d"]),
        ("accept", ["a", "b"]),
        ("x-forwarded-for", ["1.2.3.4", "5.6.7.8"]),
        ("user-agent", ["a", "b"]),
    ] {
        let headers = json!({"headers": values.map(|value| [name, value])});
        for value in ["a", "*b", "a,b", "a, b", "a=b; c=d", "*d", "1*", "*8", "*9"] {
            picked.push((
                when(&format!("request.headers[{name}]"), &[value]),
                request(headers.clone()),
            ));
        }
    }
    // Identities that no SPIFFE ID has, and addresses at the edges.
    let peer = |id: &str| request(json!({"peer": {"spiffeId": id}}));
    for id in [
        "spiffe://td",
        "spiffe://td/",
        "spiffe://td/ns/a/sa/b/ns/c/sa/d",
        "https://x/ns/a/b",
        "spiffe://td/x/ns/a/y/sa/b/z",
        "spiffe://td//ns/a/sa/b",
        "x",
    ] {
        for source in [
            json!({"principals": ["*"]}),
            json!({"principals": ["td*"]}),
            json!({"principals": ["*b"]}),
            json!({"namespaces": ["a"]}),
            json!({"namespaces": ["*"]}),
            json!({"namespaces": ["a/sa/b"]}),
            json!({"serviceAccounts": ["a/b"]}),
            json!({"trustDomains": ["td"]}),
            json!({"trustDomains": ["*"]}),
            json!({"trustDomains": ["t*"]}),
        ] {
            picked.push((allow(json!({"from": [{"source": source}]})), peer(id)));
        }
    }
    for remote in ["::ffff:10.0.0.7", "10.0.0.7", "::1", "2001:db8::1"] {
        let destination = if remote.contains(':') {
            "2001:db8::8"
        } else {
            "10.0.0.8"
        };
        for block in [
            "10.0.0.0/8",
            "::ffff:10.0.0.0/104",
            "::ffff:0:0/96",
            "0.0.0.0/0",
            "::/0",
            "::1",
            "::ffff:10.0.0.7",
        ] {
            let request =
                request(json!({"source": {"remoteIp": remote}, "destination": {"ip": destination}}));
            picked.push((when("remote.ip", &[block]), request));
        }
    }
    picked
}

/// The requests of each configuration, over both versions of HTTP.
fn by_configuration(picked: Vec<(Value, Value)>) -> Vec<Arc<Round>> {
    let mut requests: BTreeMap<String, Vec<(Value, HttpVersion)>> = BTreeMap::new();
    for (configuration, request) in picked {
        let requests = requests.entry(configuration.to_string()).or_default();
        requests.extend([HttpVersion::Http1, HttpVersion::Http2].map(|version| (request.clone(), version)));
    }
    let round = |(configuration, requests): (&String, &Vec<_>)| {
        Arc::new(Round::of(&serde_json::from_str(configuration).unwrap(), requests).unwrap())
    };
    requests.iter().map(round).collect()
}

#[test]
fn the_filter_decides_as_native_rbac_does_at_the_edges() {
    let rounds = by_configuration(picked());
    let mut disagreed = Vec::new();
    for rounds in rounds.chunks(150) {
        for outcome in compare(rounds) {
            if outcome.answers.disagree() {
                let rule = &rounds[outcome.round].configuration["resources"][0]["spec"]["rules"][0];
                disagreed.push(format!("{rule} {} {:?}", outcome.sent.document, outcome.answers));
            }
        }
    }
    assert!(disagreed.is_empty(), "{} of {disagreed:#?}", disagreed.len());
}

#[test]
fn answers_of_two_kinds_disagree() {
    let denied = |text: &str| Answer::Denied(text.to_owned());
    let other = |text: &str| Answer::Other(text.to_owned());
    let answers = |filter, native| spiffe_authz_tests::native_rbac::Answers { filter, native };
    assert!(!answers(denied("a"), denied("a")).disagree());
    assert!(!answers(other("a"), other("a")).disagree());
    for (filter, native) in [
        (Answer::Allowed, denied("a")),
        (denied("a"), denied("b")),
        (other("a"), other("b")),
        (Answer::Allowed, other("a")),
        (Answer::None("a".to_owned()), other("a")),
    ] {
        assert!(answers(filter.clone(), native.clone()).disagree());
        assert!(answers(native, filter).disagree());
    }
}
