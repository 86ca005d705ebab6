//! `spec` of an AuthorizationPolicy.

use serde_json::{Value, json};

use crate::schema::clause;
use crate::schema::metadata::selector;
use crate::schema::node::{Field, any_text, filled_list, list, map, number, text, text_map, texts, word};

/// `spec`.
pub(super) fn schema() -> Value {
    map("Who may ask for what.", &[], fields())
}

fn fields() -> [Field; 8] {
    [
        ("selector", selector()),
        (
            "targetRefs",
            list(
                "The resources of the Gateway API that it is attached to, instead of a selector.",
                &target_ref("A resource that it is attached to."),
            ),
        ),
        (
            "targetRef",
            target_ref("As `targetRefs` with one; counts where that list is empty."),
        ),
        (
            "action",
            word(
                "ALLOW, the default: what a rule matches is allowed, unless it is denied. DENY: what a rule matches is denied. \
                 AUDIT: it is marked in the audit line. CUSTOM: an external authorizer is asked, elsewhere.",
                &["ALLOW", "DENY", "AUDIT", "CUSTOM"],
            ),
        ),
        (
            "rules",
            list(
                "It matches where one of them does. Without rules an ALLOW policy allows nothing.",
                &clause::rule(),
            ),
        ),
        ("exception", exception()),
        ("denyResponse", deny_response()),
        (
            "provider",
            map(
                "The external authorizer of a CUSTOM policy.",
                &["name"],
                [("name", text("Its name in the mesh configuration."))],
            ),
        ),
    ]
}

fn target_ref(about: &str) -> Value {
    map(
        about,
        &["kind", "name"],
        [
            (
                "group",
                any_text(
                    "The API group: `gateway.networking.k8s.io`, `networking.istio.io`, or empty for the core group.",
                ),
            ),
            (
                "kind",
                word(
                    "The kind.",
                    &["Gateway", "GatewayClass", "Service", "ServiceEntry"],
                ),
            ),
            ("name", text("The name.")),
            (
                "namespace",
                json!({"description": "Empty: a policy is attached to resources of its own namespace.", "const": ""}),
            ),
        ],
    )
}

fn exception() -> Value {
    map(
        "Makes an ALLOW policy lift DENY policies for a time (E-7).",
        &["until", "lifts"],
        [
            (
                "until",
                json!({"description": "When it ends (RFC 3339).", "type": "string", "format": "date-time"}),
            ),
            (
                "lifts",
                filled_list(
                    "The DENY policies that it lifts, as `namespace/name`.",
                    &json!({"type": "string", "pattern": "^[^/]+/[^/]+$"}),
                ),
            ),
        ],
    )
}

fn deny_response() -> Value {
    map(
        "What the client gets where a rule of this DENY policy decides (E-8).",
        &[],
        [
            ("status", number("The HTTP status; 403 by default.", 400, 599)),
            ("headers", text_map("Headers of the response, at most 16.")),
            ("text", any_text("The body as text; not beside `json`.")),
            (
                "json",
                json!({"description": "The body as any JSON value; not beside `text`."}),
            ),
            ("contentType", text("The type of the body.")),
            (
                "grpcStatus",
                number("The gRPC status; PERMISSION_DENIED (7) by default.", 1, 16),
            ),
        ],
    )
    .with_at_least_one_field()
}

/// A map in which something has to stand.
trait AtLeastOne {
    fn with_at_least_one_field(self) -> Self;
}

impl AtLeastOne for Value {
    fn with_at_least_one_field(mut self) -> Self {
        if let Some(fields) = self.as_object_mut() {
            fields.insert("minProperties".to_owned(), json!(1));
        }
        self
    }
}

/// Texts under a name and under its `not` form.
pub(super) fn both(name: &'static str, not_name: &'static str, about: &str) -> [Field; 2] {
    [
        (name, texts(&format!("One of them must match: {about}"))),
        (not_name, texts(&format!("None of them may match: {about}"))),
    ]
}
