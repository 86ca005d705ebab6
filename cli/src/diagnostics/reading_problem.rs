//! What is wrong with files, as diagnostics.

use std::io::ErrorKind;
use std::path::Path;

use crate::diagnostics::shown::shown;
use crate::diagnostics::{Diagnostic, Label};
use crate::source::{FileProblem, Location, SyntaxError};

/// A file that has no text.
pub(crate) fn file_problem(path: &Path, problem: &FileProblem) -> Diagnostic {
    let name = path.display();
    match problem {
        FileProblem::Unreadable(reason) => {
            let diagnostic = Diagnostic::error("unreadable-file", format!("cannot read `{name}`: {reason}"));
            diagnostic.help(help_for(reason.kind()))
        }
        FileProblem::NoText { message, help } => Diagnostic::error(
            "no-document",
            format!("`{name}` is neither JSON nor YAML: {message}"),
        )
        .help(*help),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn help_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "check the name; it is looked for from the current folder",
        ErrorKind::IsADirectory => "name a file; `-f` takes folders of Istio documents",
        ErrorKind::PermissionDenied => "make the file readable for the user who runs this command",
        _ => "read the file with another program, to see whether it is the file or the disk",
    }
}

/// A text that is no document.
pub(crate) fn syntax_problem(error: SyntaxError, source: usize) -> Diagnostic {
    let SyntaxError {
        span,
        message,
        opened,
        help,
    } = error;
    let mut diagnostic = Diagnostic::error("syntax", shown(&message)).at(Location { source, span });
    diagnostic.related.extend(opened.map(|span| Label {
        location: Location { source, span },
        text: Some("opened here".to_owned()),
    }));
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
