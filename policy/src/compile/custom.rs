//! CUSTOM policies, which an external authorizer serves (section 0).

use crate::config::authorization_policy::Action;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::notice::ConfigNotice;
use crate::config::plugin::CustomPolicies;
use crate::config::resource::RawResource;
use crate::decision::PolicyId;

const WHY: &str = "a CUSTOM policy asks an external authorizer: put it into Envoy's ext_authz filter in front of this \
                   one, and say `custom: ignore` here";

/// Refuses every one of them, or notes that it is passed over if the configuration says so.
pub(crate) fn pass_over(
    resources: &Listed<RawResource>,
    custom: CustomPolicies,
    problems: &mut Problems,
) -> Vec<ConfigNotice> {
    let mut notices = Vec::new();
    for (index, id) in custom_policies(resources) {
        match custom {
            CustomPolicies::Ignore => notices.push(ConfigNotice::CustomIgnored(id.clone())),
            CustomPolicies::Refuse => {
                let at = FieldPath::Root.field("resources");
                let at = at.index(index);
                let at = at.field("spec");
                problems.add(&at.field("action"), ConfigErrorKind::Conflict(WHY));
            }
        }
    }
    notices
}

fn custom_policies(resources: &Listed<RawResource>) -> impl Iterator<Item = (usize, &PolicyId)> {
    resources.iter().filter_map(|(index, resource)| match resource {
        RawResource::AuthorizationPolicy(Some(metadata), policy) if policy.action == Action::Custom => {
            Some((*index, &metadata.id))
        }
        RawResource::AuthorizationPolicy(..) | RawResource::PeerAuthentication(..) => None,
    })
}
