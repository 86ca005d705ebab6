//! The plugin configuration, and one Istio document.

use serde_json::{Value, json};
use spiffe_authz_policy::PathClass;

use crate::schema::node::{Field, list, map, or_null, text, text_map, texts, word};
use crate::schema::{authorization_policy, metadata, peer_authentication};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What a WasmPlugin's `pluginConfig` holds.
pub(super) fn schema() -> Value {
    titled(
        "spiffe-authz plugin configuration",
        map(
            "What guards one workload: policies, and what of the mesh they do not say.",
            &["resources"],
            fields(),
        ),
    )
}

/// One Istio document.
pub(super) fn istio() -> Value {
    titled("spiffe-authz Istio document", resource())
}

fn titled(title: &str, schema: Value) -> Value {
    let mut titled = schema;
    if let Some(fields) = titled.as_object_mut() {
        fields.insert("$schema".to_owned(), json!(DRAFT));
        fields.insert("title".to_owned(), json!(title));
    }
    titled
}

fn fields() -> [Field; 9] {
    [
        (
            "profile",
            word(
                "The profile of the decision. `zero-trust`, the default, denies what no policy allows and wants a verified SVID; \
                 `istio` decides as Istio's sidecar.",
                &["zero-trust", "istio"],
            ),
        ),
        ("mesh", mesh()),
        ("workload", workload()),
        (
            "custom",
            word(
                "What becomes of CUSTOM policies, which an external authorizer serves: `refuse`, the default, refuses the \
                 configuration; `ignore` passes them over with a notice.",
                &["refuse", "ignore"],
            ),
        ),
        (
            "directRemoteAddressKey",
            text(
                "The key of the filter state in which the listener keeps the direct peer address, where the client's address \
                 has replaced it. `source.ip` is read from there.",
            ),
        ),
        ("ambiguousPaths", ambiguous_paths()),
        ("svid", svid()),
        ("audit", audit()),
        (
            "resources",
            list(
                "The AuthorizationPolicies and PeerAuthentications; `[]` for none. Those that do not select the workload are \
                 checked and not in force.",
                &resource(),
            ),
        ),
    ]
}

fn mesh() -> Value {
    map(
        "What is the same for the whole mesh.",
        &[],
        [
            (
                "trustDomain",
                text("The trust domain of the mesh; `cluster.local` by default."),
            ),
            (
                "trustDomainAliases",
                texts("Other names of the trust domain: a principal in one is a principal in all."),
            ),
            (
                "rootNamespace",
                text("The namespace whose policies hold for the whole mesh; `istio-system` by default."),
            ),
        ],
    )
}

fn workload() -> Value {
    let service = map(
        "A service that the waypoint stands for.",
        &["kind", "name", "namespace"],
        [
            ("kind", word("Its kind.", &["Service", "ServiceEntry"])),
            ("name", text("Its name.")),
            ("namespace", text("Its namespace.")),
        ],
    );
    let waypoint = map(
        "Where the workload is a waypoint: it guards services, and policies are attached to these by `targetRefs`.",
        &[],
        [("services", list("The services that it stands for.", &service))],
    );
    map(
        "The guarded workload. Left out where the proxy's node metadata names it.",
        &["namespace"],
        [
            ("namespace", text("Its namespace.")),
            (
                "labels",
                text_map("Its labels, which selectors are compared with."),
            ),
            ("waypoint", waypoint),
        ],
    )
}

fn audit() -> Value {
    map(
        "Which allowed requests and connections have an audit line; every denied one has. It changes no decision.",
        &["allowedOneIn"],
        [(
            "allowedOneIn",
            json!({
                "description": "One in so many of what is allowed; leave the section out for none.",
                "type": "integer", "minimum": 1, "maximum": 1_000_000_000,
            }),
        )],
    )
}

fn ambiguous_paths() -> Value {
    let classes = word("A class of paths.", &PathClass::ALL.map(PathClass::name));
    map(
        "Which classes of paths that can be read in more than one way reach the policies all the same (profile zero-trust).",
        &["allow"],
        [("allow", list("The classes that are let through.", &classes))],
    )
}

fn svid() -> Value {
    let denied = map(
        "Peers that are denied before any policy is asked: quarantine.",
        &[],
        [
            (
                "spiffeIds",
                texts("SPIFFE IDs with `spiffe://`: whole, `prefix*` or `*suffix`."),
            ),
            (
                "serialNumbers",
                texts("Serial numbers of certificates, hexadecimal, colons allowed."),
            ),
            (
                "sha256Digests",
                texts("SHA-256 digests of certificates in DER form, 64 hexadecimal digits, colons allowed."),
            ),
        ],
    );
    map(
        "What a peer must show, and who is denied by name.",
        &[],
        [
            (
                "required",
                word(
                    "`full`, the default of profile zero-trust: a certificate that Envoy verified and shows, an X509-SVID by \
                     every rule. `uri`: the first URI SAN, for an Envoy before 1.40.",
                    &["full", "uri"],
                ),
            ),
            (
                "peerPrincipalKey",
                text(
                    "On a gateway or waypoint: the filter state in which another listener keeps the peer's URI SAN.",
                ),
            ),
            ("denied", denied),
        ],
    )
}

/// One document of a kind that is served, told apart by `kind`.
fn resource() -> Value {
    let mut resource = map(
        "An AuthorizationPolicy or a PeerAuthentication, as Kubernetes stores it.",
        &["apiVersion", "kind", "metadata"],
        [
            (
                "apiVersion",
                word(
                    "The version of Istio's security API.",
                    &["security.istio.io/v1", "security.istio.io/v1beta1"],
                ),
            ),
            (
                "kind",
                word(
                    "The kind of the document.",
                    &["AuthorizationPolicy", "PeerAuthentication"],
                ),
            ),
            ("metadata", metadata::schema()),
            (
                "spec",
                json!({"description": "What it says; left out, nothing: an ALLOW policy that allows nothing.", "type": "object"}),
            ),
            (
                "status",
                json!({"description": "What Kubernetes says of the document; not looked at."}),
            ),
        ],
    );
    if let Some(fields) = resource.as_object_mut() {
        let specs = [
            ("AuthorizationPolicy", authorization_policy::schema()),
            ("PeerAuthentication", peer_authentication::schema()),
        ];
        let by_kind: Vec<Value> = specs
            .into_iter()
            .map(|(kind, spec)| of_kind(kind, spec))
            .collect();
        fields.insert("allOf".to_owned(), json!(by_kind));
    }
    resource
}

fn of_kind(kind: &str, spec: Value) -> Value {
    json!({
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"properties": {"spec": or_null(spec)}},
    })
}
