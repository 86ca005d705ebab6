//! Tokens on a real Envoy: its jwt_authn filter verifies them, and policies read their claims (S-7).

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::token_issuer::TokenIssuer;

const ISSUER: &str = "https://issuer.example";
/// 2999-01-01 and 2000-01-01.
const FAR_AHEAD: i64 = 32_472_144_000;
const LONG_AGO: i64 = 946_684_800;

/// One ALLOW policy for each path, and one DENY policy for what has no token.
fn policies() -> Value {
    let policy = |name: &str, action: &str, rule: Value| {
        json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"action": action, "rules": [rule]},
        })
    };
    let to = |path: &str| json!([{"operation": {"paths": [path]}}]);
    let when = |path: &str, condition: Value| {
        policy(&path[1..], "ALLOW", json!({"to": to(path), "when": [condition]}))
    };
    let from = |path: &str, source: Value| json!({"to": to(path), "from": [{"source": source}]});
    let alice = format!("{ISSUER}/alice");
    let values = |key: &str, value: &str| json!({"key": key, "values": [value]});
    json!({"resources": [
        policy("principal", "ALLOW", from("/principal", json!({"requestPrincipals": [alice]}))),
        policy("any-token", "ALLOW", from("/any-token", json!({"requestPrincipals": ["*"]}))),
        policy("anyone", "ALLOW", json!({"to": to("/anyone")})),
        policy("tokens-only", "ALLOW", json!({"to": to("/tokens-only")})),
        policy("no-token", "DENY", from("/tokens-only", json!({"notRequestPrincipals": ["*"]}))),
        when("/audience", values("request.auth.audiences", "orders")),
        when("/presenter", values("request.auth.presenter", "web")),
        when("/scope", values("request.auth.claims[scope]", "write")),
        when("/permission", values("request.auth.claims[permission]", "orders.read")),
        when("/role", values("request.auth.claims[realm][roles]", "admin")),
        when("/level", json!({"key": "request.auth.claims[level]", "numbers": [">=3"]})),
        when("/verified", json!({"key": "request.auth.claims[verified]", "booleans": [true]})),
    ]})
}

/// The paths of the policies, in their order.
const PATHS: [&str; 11] = [
    "/principal",
    "/any-token",
    "/anyone",
    "/tokens-only",
    "/audience",
    "/presenter",
    "/scope",
    "/permission",
    "/role",
    "/level",
    "/verified",
];

fn alice() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "alice",
        "aud": ["payments", "orders"],
        "azp": "web",
        "scope": "read write",
        "permission": "orders.list orders.read",
        "realm": {"roles": ["clerk", "admin"]},
        "level": 3,
        "verified": true,
        "exp": FAR_AHEAD,
    })
}

fn bob() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "bob",
        "aud": "payments",
        "scope": "read",
        "realm": {"roles": "clerk"},
        "level": 2.5,
        "verified": "true",
        "exp": FAR_AHEAD,
    })
}

/// The filter as Istio configures it: a request without a token goes on, one with a bad token does not.
fn jwt_authn(key_set: &Value) -> Value {
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"shop": {
                "issuer": ISSUER,
                "local_jwks": {"inline_string": key_set.to_string()},
                "payload_in_metadata": "payload",
                "normalize_payload_in_metadata": {"space_delimited_claims": ["scope", "permission"]},
            }},
            "rules": [{
                "match": {"prefix": "/"},
                "requires": {"requires_any": {"requirements": [
                    {"provider_name": "shop"},
                    {"allow_missing": {}},
                ]}},
            }],
        },
    })
}

async fn guarded(name: &str, issuer: &TokenIssuer) -> Guarded {
    let filter = jwt_authn(&issuer.key_set().unwrap());
    let change = |bootstrap: &mut Value, _: &mut Value| {
        let chains = bootstrap.pointer_mut("/static_resources/listeners/0/filter_chains");
        for chain in chains.unwrap().as_array_mut().unwrap() {
            let filters = chain.pointer_mut("/filters/1/typed_config/http_filters").unwrap();
            filters.as_array_mut().unwrap().insert(0, filter.clone());
        }
    };
    Guarded::start_changed(name, &policies(), change).await.unwrap()
}

async fn status(guarded: &Guarded, path: &str, token: Option<&str>) -> u16 {
    let request = HttpRequest::new("GET", path);
    let request = match token {
        Some(token) => request.with_header("authorization", format!("Bearer {token}")),
        None => request,
    };
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(&request).await.unwrap().status
}

/// The paths that answer with 200; all others must answer with `otherwise`.
async fn open_paths(guarded: &Guarded, token: Option<&str>, otherwise: u16) -> Vec<&'static str> {
    let mut open = Vec::new();
    for path in PATHS {
        match status(guarded, path, token).await {
            200 => open.push(path),
            status => assert_eq!(status, otherwise, "{path}"),
        }
    }
    open
}

#[tokio::test]
async fn the_claims_of_a_verified_token_are_what_policies_read() {
    let issuer = TokenIssuer::new().unwrap();
    let guarded = guarded("jwt-claims", &issuer).await;
    let alice = issuer.token(&alice()).unwrap();
    assert_eq!(open_paths(&guarded, Some(&alice), 403).await, PATHS);
    let bob = issuer.token(&bob()).unwrap();
    let expected = ["/any-token", "/anyone", "/tokens-only"];
    assert_eq!(open_paths(&guarded, Some(&bob), 403).await, expected);
}

#[tokio::test]
async fn without_a_token_nothing_passes_that_asks_for_one() {
    let issuer = TokenIssuer::new().unwrap();
    let guarded = guarded("jwt-none", &issuer).await;
    assert_eq!(open_paths(&guarded, None, 403).await, ["/anyone"]);
    assert_eq!(guarded.application.arrivals(), 1);
}

#[tokio::test]
async fn a_token_that_is_not_verified_gets_no_further_than_the_filter_in_front() {
    let issuer = TokenIssuer::new().unwrap();
    let guarded = guarded("jwt-bad", &issuer).await;
    let forged = TokenIssuer::new().unwrap().token(&alice()).unwrap();
    let mut claims = alice();
    claims["exp"] = json!(LONG_AGO);
    let expired = issuer.token(&claims).unwrap();
    for token in [forged, expired, "no.token.atall".to_owned()] {
        assert!(open_paths(&guarded, Some(&token), 401).await.is_empty());
    }
    assert_eq!(guarded.application.arrivals(), 0);
}
