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
use crate::rule::operation::{Operation, OperationField};

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
    let host = |value: &str, at: &FieldPath<'_>, problems: &mut Problems| {
        host::compile(profile, value, at, problems)
    };
    // Hosts are compared without regard to case, whatever the operation says of paths.
    let host_regex =
        |value: &str, at: &FieldPath<'_>, problems: &mut Problems| regex::compile(value, true, at, problems);
    let path = |value: &str, at: &FieldPath<'_>, problems: &mut Problems| reader.compile(value, at, problems);
    let path_regex = |value: &str, at: &FieldPath<'_>, problems: &mut Problems| {
        regex::compile(value, *ignore_case, at, problems)
    };
    let bindings = compile_bindings(bindings, paths, &at.field("bindings"), problems);
    let fields = [
        OperationField::Hosts(compile_values(hosts, at, problems, host)),
        OperationField::HostRegexes(compile_values(host_regexes, at, problems, host_regex)),
        OperationField::Ports(compile_values(ports, at, problems, port::compile)),
        OperationField::Methods(compile_all(methods, HeaderMatcher::new)),
        OperationField::PathRegexes(compile_values(path_regexes, at, problems, path_regex)),
        OperationField::Paths(compile_values(paths, at, problems, path)),
    ];
    Operation::new(fields, bindings)
}
