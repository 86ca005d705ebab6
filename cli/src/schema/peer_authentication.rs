//! `spec` of a PeerAuthentication.

use serde_json::{Value, json};

use crate::schema::metadata::selector;
use crate::schema::node::{map, word};

/// `spec`.
pub(super) fn schema() -> Value {
    map(
        "Whether peers must come with mTLS.",
        &[],
        [
            ("selector", selector()),
            ("mtls", mtls("The mode of every port that has none of its own.")),
            (
                "portLevelMtls",
                json!({
                    "description": "The modes of single ports of the workload, by their numbers; needs a selector with labels.",
                    "type": "object",
                    "propertyNames": {"pattern": "^[0-9]{1,5}$"},
                    "additionalProperties": mtls("The mode of this port."),
                }),
            ),
        ],
    )
}

fn mtls(about: &str) -> Value {
    map(
        about,
        &[],
        [(
            "mode",
            word(
                "STRICT: mTLS alone. PERMISSIVE: plaintext too. DISABLE: plaintext is taken, as in PERMISSIVE. UNSET: as \
                 the next wider PeerAuthentication says.",
                &["STRICT", "PERMISSIVE", "DISABLE", "UNSET"],
            ),
        )],
    )
}
