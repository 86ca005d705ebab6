//! `to[].operation`

use crate::compile::binding::compile_bindings;
use crate::compile::path::PathReader;
use crate::compile::values::{compile_all, compile_values};
use crate::compile::{host, port, regex};
use crate::config::authorization_policy::operation::RawOperation;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::header::HeaderMatcher;
use crate::profile::Profile;
use crate::rule::operation::Operation;

pub(crate) fn compile_operation(
    operation: &RawOperation,
    at: &FieldPath<'_>,
    profile: Profile,
    problems: &mut Problems,
) -> Operation {
    let RawOperation {
        hosts,
        host_regexes,
        ports,
        methods,
        paths,
        path_regexes,
        ignore_case,
        bindings,
    } = operation;
    let names: Vec<&str> = bindings.iter().map(|(name, _)| name.as_str()).collect();
    let reader = PathReader {
        profile,
        ignore_case: *ignore_case,
        names: &names,
    };
    Operation {
        hosts: compile_values(hosts, at, problems, |value, at, problems| {
            host::compile(profile, value, at, problems)
        }),
        // Hosts are compared without regard to case, whatever the operation says of paths.
        host_regexes: compile_values(host_regexes, at, problems, |value, at, problems| {
            regex::compile(value, true, at, problems)
        }),
        ports: compile_values(ports, at, problems, port::compile),
        methods: compile_all(methods, HeaderMatcher::new),
        path_regexes: compile_values(path_regexes, at, problems, |value, at, problems| {
            regex::compile(value, *ignore_case, at, problems)
        }),
        bindings: compile_bindings(bindings, paths, &at.field("bindings"), problems),
        paths: compile_values(paths, at, problems, |value, at, problems| {
            reader.compile(value, at, problems)
        }),
    }
}
