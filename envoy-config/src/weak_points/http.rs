//! The HTTP connection manager: what a request is when it reaches the filter, and what routes may change.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::guards::{self, GuardNames};
use crate::weak_points::kind::Guard;
use crate::weak_points::{Findings, WeakPoint, metrics};

/// What is done about `%2F`, where it is not left as it is.
const ESCAPED_SLASHES: [(&str, u64); 3] = [
    ("REJECT_REQUEST", 2),
    ("UNESCAPE_AND_REDIRECT", 3),
    ("UNESCAPE_AND_FORWARD", 4),
];

/// Looks at the connection manager and says whether it forwards at all.
pub(super) fn look_at(filter: &Cursor<'_>, findings: &mut Findings) -> bool {
    let Some(manager) = filter.field("typed_config") else {
        return false;
    };
    if !forwards(&manager, findings) {
        return false;
    }
    look_at_filters(&manager, findings);
    look_at_paths(&manager, findings);
    true
}

/// A connection manager whose routes only answer, redirect or show the metrics forwards nothing; routes that are not shown may.
fn forwards(manager: &Cursor<'_>, findings: &mut Findings) -> bool {
    let elsewhere = ["rds", "scoped_routes"]
        .iter()
        .filter_map(|name| manager.field(name));
    let elsewhere: Vec<_> = elsewhere.collect();
    for routes in &elsewhere {
        findings.add(WeakPoint::NotShown, routes);
    }
    let routes = manager.field("route_config");
    if let Some(hosts) = routes.as_ref().and_then(|routes| routes.field("vhds")) {
        findings.add(WeakPoint::NotShown, &hosts);
        return true;
    }
    let routes = routes.map_or_else(Vec::new, |routes| routes.all());
    !elsewhere.is_empty() || routes.iter().any(has_route_action)
}

fn has_route_action(place: &Cursor<'_>) -> bool {
    let acts = place.field("route").is_some_and(|action| action.is_object());
    acts && !metrics::is_metrics_route(place)
}

/// Upgrades such as WebSocket may have a list of filters of their own.
fn look_at_filters(manager: &Cursor<'_>, findings: &mut Findings) {
    let upgrades = manager.items("upgrade_configs");
    let of_upgrades = upgrades.iter().filter_map(|upgrade| upgrade.field("filters"));
    let mut lists: Vec<Cursor<'_>> = of_upgrades.filter(|list| !list.children().is_empty()).collect();
    match manager.field("http_filters") {
        Some(list) => lists.push(list),
        None => findings.add(WeakPoint::Unguarded, manager),
    }
    for list in lists {
        let names = guards::look_at(&list, Guard::Requests, findings);
        look_at_overrides(manager, &names, findings);
    }
}

/// Virtual hosts, routes and weighted clusters may each configure a filter anew.
fn look_at_overrides(manager: &Cursor<'_>, names: &GuardNames<'_>, findings: &mut Findings) {
    for place in manager.all() {
        let Some(overrides) = place.field("typed_per_filter_config") else {
            continue;
        };
        for name in names {
            if let Some(found) = overrides.field(name) {
                findings.add(WeakPoint::OverriddenOnRoute, &found);
            }
        }
    }
}

fn look_at_paths(manager: &Cursor<'_>, findings: &mut Findings) {
    if !manager.has_true("normalize_path") {
        findings.add(WeakPoint::PathsNotNormalised, manager);
    }
    if !manager.has_true("merge_slashes") {
        findings.add(WeakPoint::SlashesNotMerged, manager);
    }
    let action = manager.field("path_with_escaped_slashes_action");
    if !action.is_some_and(|action| action.is_one_of(&ESCAPED_SLASHES)) {
        findings.add(WeakPoint::EscapedSlashesKept, manager);
    }
}
