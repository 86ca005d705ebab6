//! A list of filters, for requests or for connections: the decision, the interlock right behind it, and nothing after them
//! that changes what was decided on.

use crate::wasm_filter;
use crate::weak_points::cursor::Cursor;
use crate::weak_points::kind::Guard;
use crate::weak_points::presence::look_at_presence;
use crate::weak_points::{Findings, WeakPoint, interlock, wasm};

/// The names of the filter and of its interlock, by which routes could override them.
pub(super) type GuardNames<'v> = Vec<&'v str>;

pub(super) fn look_at<'v>(list: &Cursor<'v>, guard: Guard, findings: &mut Findings) -> GuardNames<'v> {
    let filters = list.children();
    let place = filters.iter().position(|filter| is_ours(filter, guard));
    let ours_and_behind = place.and_then(|place| filters.get(place..)?.split_first());
    let Some((ours, behind)) = ours_and_behind else {
        findings.add(WeakPoint::Unguarded, list);
        return GuardNames::new();
    };
    look_at_ours(ours, guard, findings);
    look_behind(behind, guard, findings);
    let interlock = interlock::look_at(list, behind, guard, findings);
    let named = [Some(ours), interlock.as_ref()];
    let names = named
        .into_iter()
        .flatten()
        .filter_map(|filter| filter.field("name"));
    names.filter_map(|name| name.text()).collect()
}

fn is_ours(filter: &Cursor<'_>, guard: Guard) -> bool {
    let is_wasm = filter.is_filter_of_type(guard.wasm_type());
    filter.has_text("name", wasm_filter::NAME) && (is_wasm || filter.field("config_discovery").is_some())
}

fn look_at_ours(ours: &Cursor<'_>, guard: Guard, findings: &mut Findings) {
    look_at_presence(ours, findings);
    if let Some(message) = ours.field("typed_config") {
        wasm::look_at(&message, guard, findings);
    }
    if let Some(discovery) = ours.field("config_discovery") {
        look_at_discovery(&discovery, guard, findings);
    }
}

fn look_at_discovery(discovery: &Cursor<'_>, guard: Guard, findings: &mut Findings) {
    let types = discovery.items("type_urls");
    let is_wasm = |url: &Cursor<'_>| {
        let name = url.text().and_then(|url| url.rsplit('/').next());
        name == Some(guard.wasm_type())
    };
    if types.is_empty() || !types.iter().all(is_wasm) {
        findings.add(WeakPoint::OpenDiscovery, discovery);
    }
    match discovery.field("default_config") {
        Some(message) if message.is_of_type(guard.wasm_type()) => wasm::look_at(&message, guard, findings),
        Some(message) => findings.add(WeakPoint::OpenDiscovery, &message),
        None => {}
    }
}

fn look_behind(behind: &[Cursor<'_>], guard: Guard, findings: &mut Findings) {
    for filter in behind {
        let is_harmless = |type_name: &&str| filter.is_filter_of_type(type_name);
        if !guard.harmless_types().iter().any(is_harmless) {
            findings.add(WeakPoint::FilterBehindDecision, filter);
        }
    }
}
