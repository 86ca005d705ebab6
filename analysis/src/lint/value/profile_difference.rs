//! Values that the other profile reads differently (section 0).

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    let (message, help) = if *value.key() == StatedKey::Principals && !context.is_istio() {
        let bare = text.strip_prefix("spiffe://")?;
        let message = format!("`{text}` matches nobody in profile istio, which wants it without `spiffe://`");
        (message, format!("write `{bare}`, which means the same in both"))
    } else if *value.key() == StatedKey::Namespaces {
        star_in_namespace(text)?
    } else {
        return None;
    };
    Some(Lint::new(LintCode::ProfileDifference, &value.value.at, message).help(help))
}

fn star_in_namespace(text: &str) -> Option<(String, String)> {
    if text == "*" || !text.contains('*') {
        return None;
    }
    let message = format!(
        "the star of `{text}` runs over slashes in profile istio, and stays within the namespace in zero-trust"
    );
    Some((message, "name the namespaces".to_owned()))
}
