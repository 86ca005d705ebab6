//! The filter's own message.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::kind::Guard;
use crate::weak_points::{Findings, WeakPoint};

/// The policies under which nothing passes unjudged; without one it is `FAIL_CLOSED`.
const CLOSED: [(&str, u64); 3] = [("UNSPECIFIED", 0), ("FAIL_RELOAD", 1), ("FAIL_CLOSED", 2)];

pub(super) fn look_at(message: &Cursor<'_>, guard: Guard, findings: &mut Findings) {
    let Some(config) = message.field("config") else {
        return;
    };
    look_at_failure(&config, findings);
    let vm = config.field("vm_config");
    let precompiled = vm.as_ref().and_then(|vm| vm.field("allow_precompiled"));
    if let Some(precompiled) = precompiled.filter(Cursor::is_true) {
        findings.add(WeakPoint::PrecompiledCode, &precompiled);
    }
    for holder in [Some(config), vm].into_iter().flatten() {
        look_at_capabilities(&holder, guard, findings);
    }
}

fn look_at_failure(config: &Cursor<'_>, findings: &mut Findings) {
    if let Some(policy) = config
        .field("failure_policy")
        .filter(|policy| !policy.is_one_of(&CLOSED))
    {
        findings.add(WeakPoint::FailsOpen, &policy);
    }
    if let Some(open) = config.field("fail_open").filter(Cursor::is_true) {
        findings.add(WeakPoint::FailsOpen, &open);
    }
}

/// An empty list restricts nothing.
fn look_at_capabilities(holder: &Cursor<'_>, guard: Guard, findings: &mut Findings) {
    let list = holder.path(&["capability_restriction_config", "allowed_capabilities"]);
    let Some(list) = list.filter(|list| !list.children().is_empty()) else {
        return;
    };
    if guard
        .callbacks()
        .iter()
        .any(|callback| list.field(callback).is_none())
    {
        findings.add(WeakPoint::DecisionNotOnCapabilityList, &list);
    }
}
