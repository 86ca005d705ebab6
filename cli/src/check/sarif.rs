//! Findings as SARIF 2.1.0.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spiffe_authz_analysis::lint::LintCode;

use crate::check::Files;
use crate::check::omission::Omission;
use crate::diagnostics::{Diagnostic, Label, Region, Report, Severity};

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The log of one run.
pub(super) fn render(report: &Report, files: Files, omissions: &[Omission]) -> String {
    let codes = report
        .diagnostics()
        .iter()
        .map(|diagnostic| (diagnostic.code, diagnostic));
    // The rule of a code is written once, and found by its index.
    let rules: BTreeMap<&str, &Diagnostic> = codes.collect();
    let results: Vec<Value> = report
        .diagnostics()
        .iter()
        .map(|diagnostic| result(report, diagnostic, &rules))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "spiffe-authz",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": REPOSITORY,
                "rules": rules.values().map(|diagnostic| rule(diagnostic)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": files == Files::AllRead,
                "toolExecutionNotifications": omissions
                    .iter()
                    .map(|omission| notification(report, omission))
                    .collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    });
    format!("{log:#}")
}

fn rule(diagnostic: &Diagnostic) -> Value {
    let summary = LintCode::parse(diagnostic.code).map(LintCode::summary);
    let mut rule = json!({
        "id": diagnostic.code,
        "shortDescription": {"text": summary.unwrap_or("The configuration is invalid, and the filter refuses it.")},
        "defaultConfiguration": {"level": level(diagnostic.severity)},
    });
    if let (Some(page), Some(fields)) = (diagnostic.page(), rule.as_object_mut()) {
        fields.insert(
            "helpUri".to_owned(),
            format!("{REPOSITORY}/blob/main/{page}").into(),
        );
    }
    rule
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(report: &Report, diagnostic: &Diagnostic, rules: &BTreeMap<&str, &Diagnostic>) -> Value {
    let related = diagnostic.related.iter().enumerate();
    let related: Vec<Value> = related
        .filter_map(|(id, label)| related_location(report, id, label))
        .collect();
    json!({
        "ruleId": diagnostic.code,
        "ruleIndex": rules.keys().position(|code| *code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": {"text": text(diagnostic)},
        "locations": location(report, diagnostic).into_iter().collect::<Vec<_>>(),
        "relatedLocations": related,
    })
}

fn notification(report: &Report, omission: &Omission) -> Value {
    let note = &omission.note;
    json!({
        "descriptor": {"id": note.code},
        "level": level(note.severity),
        "message": {"text": text(note)},
        "locations": location(report, note).into_iter().collect::<Vec<_>>(),
        "properties": {
            "bound": omission.bound.name(),
            "codes": omission.codes.iter().map(|code| code.code()).collect::<Vec<_>>(),
            "count": omission.count,
        },
    })
}

/// The message with everything that stands below it.
fn text(diagnostic: &Diagnostic) -> String {
    let more = diagnostic.notes.iter().chain(&diagnostic.help);
    let lines = std::iter::once(&diagnostic.message).chain(more);
    lines.cloned().collect::<Vec<_>>().join("\n")
}

fn location(report: &Report, diagnostic: &Diagnostic) -> Option<Value> {
    let physical = diagnostic
        .label
        .as_ref()
        .and_then(|label| physical(report, label));
    let logical = (!diagnostic.place.is_empty()).then(|| json!([{"fullyQualifiedName": diagnostic.place}]));
    match (physical, logical) {
        (Some(physical), Some(logical)) => {
            Some(json!({"physicalLocation": physical, "logicalLocations": logical}))
        }
        (Some(physical), None) => Some(json!({"physicalLocation": physical})),
        (None, Some(logical)) => Some(json!({"logicalLocations": logical})),
        (None, None) => None,
    }
}

fn related_location(report: &Report, id: usize, label: &Label) -> Option<Value> {
    let text = label.text.as_deref().unwrap_or("see also");
    Some(json!({
        "id": id,
        "physicalLocation": physical(report, label)?,
        "message": {"text": text},
    }))
}

fn physical(report: &Report, label: &Label) -> Option<Value> {
    let Region {
        file,
        line,
        column,
        end_line,
        end_column,
    } = report.region(&label.location)?;
    Some(json!({
        "artifactLocation": {"uri": uri(&file)},
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    }))
}

/// The name of a file as a URI reference; one from the root has its scheme.
fn uri(file: &str) -> String {
    let escaped: String = file.bytes().map(escaped).collect();
    if file.starts_with('/') {
        format!("file://{escaped}")
    } else {
        escaped
    }
}

fn escaped(byte: u8) -> String {
    let character = char::from(byte);
    if character.is_ascii_alphanumeric() || "-._~/".contains(character) {
        character.to_string()
    } else {
        format!("%{byte:02X}")
    }
}
