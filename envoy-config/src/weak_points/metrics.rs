//! The route that shows the metrics: it leads to the admin interface, and so to no application.

use crate::metrics_listener::{NAME, PATH};
use crate::weak_points::cursor::Cursor;
use crate::weak_points::{Findings, WeakPoint};

/// Whether the route leads to the cluster of the admin interface, for the path of the metrics and no other.
///
/// That this cluster is what its name says is for [`look_at_clusters`].
pub(super) fn is_metrics_route(route: &Cursor<'_>) -> bool {
    let matches = route.field("match");
    let action = route.field("route");
    matches.is_some_and(|matches| matches.has_text("path", PATH))
        && action.is_some_and(|action| action.has_text("cluster", NAME))
}

/// Whatever the cluster of this name reaches beside the admin interface is reached without a decision.
pub(super) fn look_at_clusters(bootstrap: &Cursor<'_>, findings: &mut Findings) {
    let admin = bootstrap.path(&["admin", "address", "socket_address"]);
    let admin = admin.as_ref().and_then(place);
    let clusters = bootstrap.field("static_resources");
    let clusters = clusters.iter().flat_map(|resources| resources.items("clusters"));
    for cluster in clusters.filter(|cluster| cluster.has_text("name", NAME)) {
        let within = cluster.all();
        let mut places = within.iter().filter_map(|it| it.field("socket_address"));
        let others = places.any(|address| place(&address) != admin);
        if others || admin.is_none() || !cluster.has_text("type", "STATIC") {
            findings.add(WeakPoint::Unguarded, &cluster);
        }
    }
}

/// Address and port, the port as it is written.
fn place<'v>(address: &Cursor<'v>) -> Option<(&'v str, u64)> {
    let host = address.field("address")?.text()?;
    Some((host, address.field("port_value")?.number()?))
}
