//! An AuthorizationPolicy: raw rules to matchers.

use std::sync::Arc;

use crate::compile::values::compile_values;
use crate::compile::{Context, host, path, port, principal};
use crate::config::authorization_policy::{RawAuthorizationPolicy, RawOperation, RawRule, RawSource};
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::matcher::header::HeaderMatcher;
use crate::matcher::namespace::NamespaceMatcher;
use crate::rule::{Operation, Rule, Source};

/// Compiles the rules of one policy; `at` is its `spec`.
pub(crate) fn compile_rules(
    policy: &RawAuthorizationPolicy,
    at: &FieldPath<'_>,
    context: &Context,
    problems: &mut Problems,
) -> Vec<Rule> {
    let at = at.field("rules");
    let rule = |(index, rule): &(usize, RawRule)| compile_rule(rule, &at.index(*index), context, problems);
    policy.rules.iter().map(rule).collect()
}

fn compile_rule(rule: &RawRule, at: &FieldPath<'_>, context: &Context, problems: &mut Problems) -> Rule {
    let RawRule { from, to } = rule;
    Rule {
        from: compile_clauses(
            from,
            &at.field("from"),
            "source",
            problems,
            |source, at, problems| compile_source(source, at, context, problems),
        ),
        to: compile_clauses(
            to,
            &at.field("to"),
            "operation",
            problems,
            |operation, at, problems| compile_operation(operation, at, context, problems),
        ),
    }
}

fn compile_clauses<R, C>(
    clauses: &Listed<R>,
    at: &FieldPath<'_>,
    name: &str,
    problems: &mut Problems,
    compile: impl Fn(&R, &FieldPath<'_>, &mut Problems) -> C,
) -> Vec<C> {
    let clause = |(index, clause): &(usize, R)| compile(clause, &at.index(*index).field(name), problems);
    clauses.iter().map(clause).collect()
}

fn compile_source(
    source: &RawSource,
    at: &FieldPath<'_>,
    context: &Context,
    problems: &mut Problems,
) -> Source {
    let RawSource {
        principals,
        not_principals,
        namespaces,
        not_namespaces,
    } = source;
    let namespace = |value: &str, _: &FieldPath<'_>, _: &mut Problems| {
        vec![NamespaceMatcher::new(
            context.profile,
            &Arc::clone(&context.trust_domains),
            value,
        )]
    };
    Source {
        principals: compile_values(
            ("principals", principals),
            ("notPrincipals", not_principals),
            at,
            problems,
            |value, _, _| principal::compile(value, context),
        ),
        namespaces: compile_values(
            ("namespaces", namespaces),
            ("notNamespaces", not_namespaces),
            at,
            problems,
            namespace,
        ),
    }
}

fn compile_operation(
    operation: &RawOperation,
    at: &FieldPath<'_>,
    context: &Context,
    problems: &mut Problems,
) -> Operation {
    let RawOperation {
        hosts,
        not_hosts,
        ports,
        not_ports,
        methods,
        not_methods,
        paths,
        not_paths,
    } = operation;
    let host = |value: &str, at: &FieldPath<'_>, problems: &mut Problems| {
        host::compile(context.profile, value, at, problems)
    };
    let method = |value: &str, _: &FieldPath<'_>, _: &mut Problems| vec![HeaderMatcher::new(value)];
    Operation {
        hosts: compile_values(("hosts", hosts), ("notHosts", not_hosts), at, problems, host),
        ports: compile_values(
            ("ports", ports),
            ("notPorts", not_ports),
            at,
            problems,
            port::compile,
        ),
        methods: compile_values(
            ("methods", methods),
            ("notMethods", not_methods),
            at,
            problems,
            method,
        ),
        paths: compile_values(
            ("paths", paths),
            ("notPaths", not_paths),
            at,
            problems,
            path::compile,
        ),
    }
}
