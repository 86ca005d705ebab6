//! A rule of an AuthorizationPolicy: `from`, `to` and `when`.

use serde_json::{Value, json};

use crate::schema::authorization_policy::both;
use crate::schema::node::{Field, boolean, filled_list, list, map, text, text_map};

/// One rule. What is left out asks nothing.
pub(super) fn rule() -> Value {
    let from = only("source", source());
    let to = only("operation", operation());
    map(
        "It matches where one of `from`, one of `to` and all of `when` do.",
        &[],
        [
            ("from", filled_list("Who asks: one of these.", &from)),
            ("to", filled_list("What is asked for: one of these.", &to)),
            ("when", filled_list("Conditions: all of these.", &condition())),
        ],
    )
}

/// A map around one clause.
fn only(name: &'static str, clause: Value) -> Value {
    map("All of its fields must match.", &[name], [(name, clause)])
}

fn source() -> Value {
    let fields = [
        both(
            "principals",
            "notPrincipals",
            "principals of peers, as `cluster.local/ns/shop/sa/frontend`; `x*`, `*x` and `*` too.",
        ),
        both(
            "requestPrincipals",
            "notRequestPrincipals",
            "issuer and subject of a verified token, as `https://issuer/alice`.",
        ),
        both("namespaces", "notNamespaces", "namespaces of peers."),
        both(
            "serviceAccounts",
            "notServiceAccounts",
            "service accounts of peers, as `frontend` or `shop/frontend`; not beside principals and namespaces.",
        ),
        both("trustDomains", "notTrustDomains", "trust domains of peers."),
        both(
            "ipBlocks",
            "notIpBlocks",
            "addresses or blocks of the direct peer.",
        ),
        both(
            "remoteIpBlocks",
            "notRemoteIpBlocks",
            "addresses or blocks of the client, as the proxy worked them out.",
        ),
    ];
    map("Who asks.", &[], fields.into_iter().flatten())
}

fn operation() -> Value {
    let fields = [
        both("hosts", "notHosts", "hosts; `x*`, `*x` and `*` too."),
        both(
            "hostRegexes",
            "notHostRegexes",
            "regular expressions that match the whole host (E-1).",
        ),
        both(
            "ports",
            "notPorts",
            "ports of the workload, as text; ranges as `9000-9099` too (E-3).",
        ),
        both("methods", "notMethods", "HTTP methods; `*` for any."),
        both(
            "paths",
            "notPaths",
            "paths without their query; `x*`, `*x`, `*` and templates such as `/orders/{*}/paid` too.",
        ),
        both(
            "pathRegexes",
            "notPathRegexes",
            "regular expressions that match the whole path (E-1).",
        ),
    ];
    let own: [Field; 2] = [
        (
            "ignoreCase",
            boolean("Whether paths are compared without regard to case (E-4)."),
        ),
        (
            "bindings",
            text_map("From names in path templates to attributes that they must equal (E-6)."),
        ),
    ];
    map("What is asked for.", &[], fields.into_iter().flatten().chain(own))
}

fn condition() -> Value {
    let numbers = json!({"anyOf": [{"type": "number"}, {"type": "string", "minLength": 1}]});
    let fields = [
        both(
            "values",
            "notValues",
            "values of the attribute; `x*`, `*x` and `*` too.",
        ),
        both(
            "regexes",
            "notRegexes",
            "regular expressions that match the whole value of a header or a query parameter (E-1).",
        ),
        [
            (
                "numbers",
                list(
                    "One of them must match: numbers, bounds such as `>=3`, ranges such as `3..10` (E-5).",
                    &numbers,
                ),
            ),
            (
                "notNumbers",
                list(
                    "None of them may match: numbers, bounds such as `>=3`, ranges such as `3..10` (E-5).",
                    &numbers,
                ),
            ),
        ],
        [
            (
                "booleans",
                list(
                    "One of them must be the value of the claim (E-5).",
                    &boolean("A value."),
                ),
            ),
            (
                "notBooleans",
                list(
                    "None of them may be the value of the claim (E-5).",
                    &boolean("A value."),
                ),
            ),
        ],
    ];
    let key = (
        "key",
        text(
            "The attribute, such as `request.headers[x-role]`, `source.ip` or `request.auth.claims[group]`.",
        ),
    );
    map(
        "A condition on one attribute: all of its lists together.",
        &["key"],
        std::iter::once(key).chain(fields.into_iter().flatten()),
    )
}
