//! The lints over the corpus of decisions: what is said to match nothing is the rule of no decision.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test panics"
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;
use spiffe_authz_analysis::lint::{Lint, LintCode, lint};
use spiffe_authz_policy::{Document, Limits, Profile, StatedConfiguration};

use common::today;

struct Case {
    file: String,
    lints: Vec<Lint>,
    configuration: StatedConfiguration,
    base_request: Value,
    cases: Vec<Value>,
}

/// The files whose configuration is valid, read once.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(cases);

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter_map(|path| read(&path)).collect()
}

fn read(path: &std::path::Path) -> Option<Case> {
    let text = fs::read_to_string(path).ok()?;
    let value: Value = serde_saphyr::from_str(&text).ok()?;
    let config = value.get("config")?;
    let document = Document::from_json(config.to_string().as_bytes(), Limits::default()).ok()?;
    let configuration = StatedConfiguration::read(&document).ok()?;
    Some(Case {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        lints: lint(&configuration, None, Some(today())).lints,
        configuration,
        base_request: value["base_request"].clone(),
        cases: value["cases"].as_array().cloned().unwrap_or_default(),
    })
}

/// Whether the rule is said to match nothing: as a whole, in a condition, or in its only source or operation.
fn is_void(lint: &Lint, case: &Case, rule: &str, is_tcp: bool) -> bool {
    let policies = case.configuration.policies.iter();
    let mut rules = policies.flat_map(|policy| &policy.rules);
    let Some(stated) = rules.find(|stated| stated.at == rule) else {
        return false;
    };
    let below = |part: &str| lint.at.starts_with(&format!("{rule}.{part}["));
    let is_whole = lint.at == rule
        || below("when")
        || (below("from") && stated.from.len() == 1)
        || (below("to") && stated.to.len() == 1);
    let contradicts = lint.code == LintCode::Contradiction;
    if contradicts || lint.code == LintCode::DeniedAllow {
        // On TCP a DENY rule leaves out what it reads of HTTP.
        return is_whole && !(contradicts && is_tcp && lint.message.contains("HTTP"));
    }
    // Profile istio compares any text, also what is no SPIFFE ID.
    let is_text = case.configuration.profile == Profile::Istio;
    let is_impossible = lint.code == LintCode::ImpossiblePrincipal && !is_text;
    let matches_nothing = matches!(
        lint.code,
        LintCode::SpiffeScheme | LintCode::ImpossiblePath | LintCode::MethodCase
    );
    (is_impossible || matches_nothing) && is_whole && is_only_value(lint, stated)
}

/// Whether the place is a value that stands alone among those of which one must match.
fn is_only_value(lint: &Lint, rule: &spiffe_authz_policy::StatedRule) -> bool {
    let mut clauses = rule.clauses();
    clauses.any(|clause| matches!(clause.any_of.as_slice(), [only] if only.at == lint.at))
}

#[test]
fn no_decision_is_by_a_rule_that_is_said_to_match_nothing() {
    let mut looked_at = 0;
    for case in CASES.iter() {
        for decision in &case.cases {
            let (Some(policy), Some(rule)) = (decision["policy"].as_str(), decision["rule"].as_u64()) else {
                continue;
            };
            let mut policies = case.configuration.policies.iter();
            let Some(policy) = policies.find(|stated| stated.id.to_string() == policy) else {
                continue;
            };
            let rule = format!("{}.spec.rules[{rule}]", policy.at);
            let is_tcp = [&decision["request"], &case.base_request]
                .iter()
                .any(|one| one["protocol"] == "tcp");
            looked_at += 1;
            let void = case.lints.iter().find(|lint| is_void(lint, case, &rule, is_tcp));
            assert!(void.is_none(), "{} {}: {void:#?}", case.file, decision["name"]);
        }
    }
    assert!(looked_at > 1_000, "{looked_at}");
}

const TRAPS: &[(&str, LintCode)] = &[
    (
        "trap_01_not_principals_in_allow_istio.yaml",
        LintCode::AllowByExclusion,
    ),
    (
        "trap_01_not_principals_in_allow_zero_trust.yaml",
        LintCode::AllowByExclusion,
    ),
    (
        "trap_01_principals_in_deny_istio.yaml",
        LintCode::ProfileDifference,
    ),
    ("trap_02_full_spiffe_id_istio.yaml", LintCode::SpiffeScheme),
    (
        "trap_02_full_spiffe_id_zero_trust.yaml",
        LintCode::ProfileDifference,
    ),
    ("trap_03_star_on_both_ends_paths_istio.yaml", LintCode::StarInside),
    (
        "trap_04_namespaces_are_quoted_istio.yaml",
        LintCode::ProfileDifference,
    ),
    ("trap_06_aliases_of_four_parts_zero_trust.yaml", LintCode::NoAlias),
    (
        "trap_07_cluster_local_means_the_mesh_istio.yaml",
        LintCode::ClusterLocal,
    ),
    (
        "trap_08_allow_one_empty_rule_istio.yaml",
        LintCode::AllowEverything,
    ),
    ("trap_08_deny_one_empty_rule_istio.yaml", LintCode::DenyEverything),
    ("trap_08_deny_rules_empty_istio.yaml", LintCode::NoRules),
    ("trap_08_spec_empty_istio.yaml", LintCode::AllowNothing),
    ("trap_10_host_forms_in_deny_istio.yaml", LintCode::HostPortOpen),
    ("trap_10_host_as_a_header_istio.yaml", LintCode::HostAsHeader),
    (
        "trap_10_host_port_in_values_zero_trust.yaml",
        LintCode::HostPortIgnored,
    ),
    (
        "trap_12_stars_around_a_slash_istio.yaml",
        LintCode::RequestPrincipalForm,
    ),
    ("trap_14_template_in_deny_istio.yaml", LintCode::DeniedTemplate),
    (
        "trap_16_every_allow_policy_is_a_dry_run_istio.yaml",
        LintCode::DryRunAlone,
    ),
    (
        "trap_18_selector_in_the_root_namespace_istio.yaml",
        LintCode::RootSelector,
    ),
    (
        "trap_18_two_of_a_namespace_oldest_wins_istio.yaml",
        LintCode::TwoPeerAuthentications,
    ),
    ("two_list_items_are_two_rules_istio.yaml", LintCode::SplitRule),
    ("tcp_deny_methods_alone_istio.yaml", LintCode::DenyWidensOnTcp),
    ("target_refs_at_a_sidecar_istio.yaml", LintCode::TargetAtSidecar),
    (
        "selector_without_labels_istio.yaml",
        LintCode::SelectorWithoutLabels,
    ),
    (
        "service_accounts_of_a_root_namespace_policy_istio.yaml",
        LintCode::ServiceAccountInRoot,
    ),
];

#[test]
fn every_trap_of_the_corpus_is_found() {
    let mut missing = Vec::new();
    for (file, code) in TRAPS {
        let case = CASES
            .iter()
            .find(|case| case.file == *file)
            .unwrap_or_else(|| panic!("{file}"));
        if !case.lints.iter().any(|lint| lint.code == *code) {
            missing.push((file, code, &case.lints));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
