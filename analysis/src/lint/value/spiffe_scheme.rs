//! A whole SPIFFE ID where Istio takes one without its scheme (S-5).

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

/// Profile istio puts `spiffe://` in front of every principal, also of one that has it.
pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if !context.is_istio() || *value.key() != StatedKey::Principals {
        return None;
    }
    let bare = value.text().strip_prefix("spiffe://")?;
    let message = format!(
        "`{}` matches nobody: in profile istio a principal is compared with the SPIFFE ID after `spiffe://`",
        value.text()
    );
    let lint = Lint::new(LintCode::SpiffeScheme, &value.value.at, message);
    Some(lint.help(format!("write `{bare}`")))
}
