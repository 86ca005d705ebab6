//! A service account without a namespace, in a policy for the whole mesh (S-5).

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let root = &context.configuration.root_namespace;
    let text = value.text();
    let is_bare = *value.key() == StatedKey::ServiceAccounts && !text.contains('/');
    if !is_bare || value.policy.id.namespace != *root {
        return None;
    }
    let message = format!(
        "`{text}` means `{root}/{text}`: without a namespace it is one of the policy's own, which is the root namespace"
    );
    let lint = Lint::new(LintCode::ServiceAccountInRoot, &value.value.at, message);
    Some(lint.help(format!("write `NAMESPACE/{text}`")))
}
