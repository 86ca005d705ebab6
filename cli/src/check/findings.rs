//! What is valid in a configuration and should be known, as diagnostics.

use spiffe_authz_analysis::inventory::Inventory;
use spiffe_authz_analysis::lint::{self, Lint, Lints, lint};
use spiffe_authz_policy::{ConfigNotice, StatedConfiguration};
use time::OffsetDateTime;

use crate::diagnostics::{Diagnostic, Label, Severity, resource};
use crate::policies::Loaded;
use crate::source::{Located, Part};

/// Every lint, and what the engine passes over, in the order of the texts; and what was not looked at.
pub(super) fn findings(
    loaded: &Loaded,
    stated: &StatedConfiguration,
    inventory: Option<&Inventory>,
) -> (Vec<Diagnostic>, Vec<lint::Omission>) {
    let Lints { lints, omissions } = lint(stated, inventory, Some(OffsetDateTime::now_utc()));
    let mut findings: Vec<Diagnostic> = lints.into_iter().map(|lint| of_lint(loaded, lint)).collect();
    findings.extend(
        stated
            .notices
            .iter()
            .filter_map(|notice| of_notice(loaded, stated, notice)),
    );
    findings.sort_by_key(Diagnostic::order);
    (findings, omissions)
}

fn of_lint(loaded: &Loaded, lint: Lint) -> Diagnostic {
    let mut finding = Diagnostic::new(lint.severity().into(), lint.code.code(), lint.message);
    finding.is_lint = true;
    finding.help = lint.help;
    for (place, text) in lint.related {
        match loaded.locate(&place, Part::Value) {
            Located::Text(location) => finding.related.push(Label {
                location,
                text: Some(text),
            }),
            Located::Option(option) => finding.notes.push(format!("`{option}`: {text}")),
            Located::Nowhere => finding.notes.push(text),
        }
    }
    placed(loaded, finding, lint.at)
}

/// What lints do not say again.
fn of_notice(loaded: &Loaded, stated: &StatedConfiguration, notice: &ConfigNotice) -> Option<Diagnostic> {
    let ConfigNotice::CustomIgnored(id) = notice else {
        return None;
    };
    let policy = stated.policies.iter().find(|policy| policy.id == *id)?;
    let finding = Diagnostic::new(Severity::Note, "custom-ignored", notice.to_string());
    Some(placed(loaded, finding, format!("{}.spec.action", policy.at)))
}

pub(super) fn placed(loaded: &Loaded, mut finding: Diagnostic, place: String) -> Diagnostic {
    match loaded.locate(&place, Part::Value) {
        Located::Text(location) => finding.label = Some(Label { location, text: None }),
        Located::Option(option) => finding.notes.push(format!("the option `{option}` says so")),
        Located::Nowhere => {}
    }
    finding.resource = resource(loaded.document(), &place);
    finding.place = place;
    finding
}
