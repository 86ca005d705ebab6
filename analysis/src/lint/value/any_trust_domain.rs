//! Values of an ALLOW policy that hold in any trust domain.

use spiffe_authz_policy::{StatedAction, StatedKey};

use crate::lint::context::{Context, PlacedValue, Polarity};
use crate::lint::{Lint, LintCode};

/// `*/ns/N/sa/S` in both profiles; `namespaces` and `serviceAccounts` in profile istio.
pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if value.policy.action != StatedAction::Allow || value.polarity != Polarity::Wanted {
        return None;
    }
    let text = value.text();
    let own = &context.configuration.trust_domain;
    let is_part = matches!(value.key(), StatedKey::Namespaces | StatedKey::ServiceAccounts);
    let help = if *value.key() == StatedKey::Principals {
        let path = context.without_scheme(text).strip_prefix("*/")?;
        format!("write `{own}/{path}`")
    } else if is_part && context.is_istio() {
        format!("add `trustDomains: [\"{own}\"]` beside it")
    } else {
        return None;
    };
    if value.has_trust_domain_beside() {
        return None;
    }
    let message = format!("`{text}` holds in every trust domain that the proxy accepts, federated ones too");
    Some(Lint::new(LintCode::AnyTrustDomain, &value.value.at, message).help(help))
}
