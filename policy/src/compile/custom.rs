//! CUSTOM policies, which an external authorizer serves (section 0).

use crate::config::authorization_policy::Action;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::notice::ConfigNotice;
use crate::config::outline::RESOURCES;
use crate::config::plugin::CustomPolicies;
use crate::config::roster::Roster;

const WHY: &str = "a CUSTOM policy asks an external authorizer: put it into Envoy's ext_authz filter in front of this \
                   one, and say `custom: ignore` here";

/// Refuses every one of them, or notes that it is passed over if the configuration says so.
pub(crate) fn pass_over(
    roster: &Roster,
    custom: CustomPolicies,
    problems: &mut Problems,
) -> Vec<ConfigNotice> {
    let mut notices = Vec::new();
    for (index, id) in roster.policies(Action::Custom) {
        match custom {
            CustomPolicies::Ignore => notices.push(ConfigNotice::CustomIgnored(id.clone())),
            CustomPolicies::Refuse => {
                let at = FieldPath::Root.field(RESOURCES);
                let at = at.index(index);
                let at = at.field("spec");
                problems.add(&at.field("action"), ConfigErrorKind::Conflict(WHY));
            }
        }
    }
    notices
}
