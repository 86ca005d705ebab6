//! Findings as one JSON document.

use serde_json::{Value, json};

use crate::check::omission::Omission;
use crate::diagnostics::{Diagnostic, Extent, Label, Region, Report};

/// The document; `docs/cli/check.md` has its fields.
pub(super) fn render(report: &Report, omissions: &[Omission]) -> String {
    let diagnostics: Vec<Value> = report
        .diagnostics()
        .iter()
        .map(|diagnostic| one(report, diagnostic))
        .collect();
    let counts = report.counts();
    let Extent {
        files,
        documents,
        passed_over,
    } = report.extent();
    let document = json!({
        "diagnostics": diagnostics,
        "notLookedAt": omissions.iter().map(|omission| left_out(report, omission)).collect::<Vec<_>>(),
        "summary": {
            "errors": counts.errors,
            "warnings": counts.warnings,
            "notes": counts.notes,
            "files": files,
            "documents": documents,
            "passedOver": passed_over,
        },
    });
    format!("{document:#}")
}

fn one(report: &Report, diagnostic: &Diagnostic) -> Value {
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .filter_map(|label| place(report, label))
        .collect();
    json!({
        "severity": diagnostic.severity.name(),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "place": (!diagnostic.place.is_empty()).then_some(&diagnostic.place),
        "resource": diagnostic.resource,
        "location": diagnostic.label.as_ref().and_then(|label| place(report, label)),
        "related": related,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "page": diagnostic.page(),
    })
}

fn left_out(report: &Report, omission: &Omission) -> Value {
    let note = &omission.note;
    json!({
        "bound": omission.bound.name(),
        "codes": omission.codes.iter().map(|code| code.code()).collect::<Vec<_>>(),
        "count": omission.count,
        "message": note.message,
        "place": note.place,
        "resource": note.resource,
        "location": note.label.as_ref().and_then(|label| place(report, label)),
        "help": note.help,
    })
}

fn place(report: &Report, label: &Label) -> Option<Value> {
    let Region {
        file,
        line,
        column,
        end_line,
        end_column,
    } = report.region(&label.location)?;
    Some(json!({
        "file": file,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
        "message": label.text,
    }))
}
