//! `to[].operation`

use serde_json::Value;

use crate::config::authorization_policy::operation::RawOperation;
use crate::config::field_values::FieldValues;
use crate::rbac::address::destination_port;
use crate::rbac::clause::Side;
use crate::rbac::header::header;
use crate::rbac::path::path;
use crate::rbac::place::{Chain, Place};
use crate::rbac::string::Case;

/// The parts that all have to hold; `None` after a value that is no port.
pub(super) fn parts(operation: &RawOperation, place: Place<'_>) -> Option<Vec<Value>> {
    let RawOperation {
        hosts,
        ports,
        methods,
        paths,
        host_regexes: _,
        path_regexes: _,
        ignore_case: _,
        bindings: _,
    } = operation;
    let http = |values: &FieldValues, render: fn(&str) -> Value| match place.chain {
        Chain::Http => Side::Permission.each(values, |value| Some(render(value))),
        Chain::Tcp => Some(Vec::new()),
    };
    let parts = [
        http(hosts, |value| header(":authority", value, Case::Ignored))?,
        http(methods, |value| header(":method", value, Case::Sensitive))?,
        http(paths, path)?,
        self::ports(ports)?,
    ];
    Some(parts.into_iter().flatten().collect())
}

/// Whether it asks for something that only HTTP has (S-10).
pub(super) fn reads_http(operation: &RawOperation) -> bool {
    let fields = [&operation.hosts, &operation.methods, &operation.paths];
    fields.iter().any(|field| !field.is_empty())
}

/// `ports`, `destination.port`
pub(super) fn ports(values: &FieldValues) -> Option<Vec<Value>> {
    Side::Permission.each(values, destination_port)
}
