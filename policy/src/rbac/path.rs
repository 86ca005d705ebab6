//! Matchers of the path without query and fragment (S-9).

use serde_json::{Value, json};

use crate::rbac::string;

const ONE_SEGMENT: &str = "{*}";
const ANY_SEGMENTS: &str = "{**}";

pub(super) fn path(value: &str) -> Value {
    if value.contains(ONE_SEGMENT) || value.contains(ANY_SEGMENTS) {
        template(value)
    } else {
        json!({"url_path": {"path": string::generic(value)}})
    }
}

fn template(value: &str) -> Value {
    let template = value.replace(ONE_SEGMENT, "*").replace(ANY_SEGMENTS, "**");
    json!({"uri_template": {
        "name": "uri-template",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
            "path_template": template,
        },
    }})
}
