//! Diagnostics for people: as compilers show them.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostics::excerpt::Excerpt;
use crate::diagnostics::{Diagnostic, Label, Report, Severity};
use crate::source::Source;

/// Diagnostics that are shown; of more the number is told.
const MOST: usize = 100;

/// The text of a report, without a line feed at its end.
pub(crate) fn render(report: &Report, has_colour: bool) -> String {
    let renderer = renderer(has_colour);
    let diagnostics = report.diagnostics();
    let mut shown: Vec<String> = diagnostics
        .iter()
        .take(MOST)
        .map(|diagnostic| one(diagnostic, report.sources(), &renderer))
        .collect();
    if let Some(more) = diagnostics.len().checked_sub(MOST).filter(|more| *more > 0) {
        shown.push(format!(
            "{more} more are not shown: `check --format json` lists them all"
        ));
    }
    shown.join("\n\n")
}

/// One diagnostic about the texts of a report.
pub(crate) fn render_one(report: &Report, diagnostic: &Diagnostic, has_colour: bool) -> String {
    one(diagnostic, report.sources(), &renderer(has_colour))
}

fn renderer(has_colour: bool) -> Renderer {
    if has_colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}

fn one(diagnostic: &Diagnostic, sources: &[Source], renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let primary = diagnostic
        .label
        .iter()
        .map(|label| (label, AnnotationKind::Primary));
    let related = diagnostic
        .related
        .iter()
        .map(|label| (label, AnnotationKind::Context));
    let shown: Vec<Shown> = primary
        .chain(related)
        .filter_map(|(label, kind)| Shown::of(label, sources, kind))
        .collect();
    let place = place(diagnostic);
    let notes = diagnostic.notes.iter().chain(&place);
    let group = Group::with_title(title)
        .elements(shown.iter().map(Shown::snippet))
        .elements(notes.map(|note| Level::NOTE.message(note.as_str())))
        .elements(
            diagnostic
                .help
                .iter()
                .map(|help| Level::HELP.message(help.as_str())),
        );
    let rendered = renderer.render(&[group]);
    shown
        .iter()
        .fold(rendered, |rendered, shown| shown.with_column_of_file(rendered))
}

/// Where it is in the configuration.
fn place(diagnostic: &Diagnostic) -> Option<String> {
    let place = diagnostic.place.as_str();
    match &diagnostic.resource {
        // The excerpt shows a field of the outermost map well enough.
        None if !place.contains(['.', '[']) => None,
        None => Some(format!("at `{place}`")),
        Some(resource) => Some(match inner_place(place) {
            "" => format!("in {resource}"),
            inner => format!("in {resource}, at `{inner}`"),
        }),
    }
}

/// The place within its resource.
fn inner_place(place: &str) -> &str {
    let inner = place
        .strip_prefix("resources[")
        .and_then(|rest| rest.split_once(']'));
    inner.map_or(place, |(_, inner)| inner.strip_prefix('.').unwrap_or(inner))
}

/// The line of a label, with the label below it.
struct Shown {
    name: String,
    excerpt: Excerpt,
    kind: AnnotationKind,
    text: Option<String>,
}

impl Shown {
    fn of(label: &Label, sources: &[Source], kind: AnnotationKind) -> Option<Self> {
        Some(Self {
            name: sources.get(label.location.source)?.name(),
            excerpt: Excerpt::of(sources, &label.location)?,
            kind,
            text: label.text.clone(),
        })
    }

    fn snippet(&self) -> Snippet<'_, Annotation<'_>> {
        let span = self.excerpt.span.clone();
        Snippet::source(self.excerpt.text.as_str())
            .path(self.name.as_str())
            .line_start(self.excerpt.line)
            .annotation(self.kind.span(span).label(self.text.as_deref()))
    }

    /// The renderer knows a line that was cut only as it is shown; the column is to be that of the file.
    fn with_column_of_file(&self, rendered: String) -> String {
        let Excerpt {
            text,
            span,
            line,
            column,
        } = &self.excerpt;
        let shown = text
            .get(..span.start)
            .unwrap_or_default()
            .chars()
            .count()
            .saturating_add(1);
        if shown == *column {
            return rendered;
        }
        let name = &self.name;
        rendered.replacen(
            &format!("{name}:{line}:{shown}"),
            &format!("{name}:{line}:{column}"),
            1,
        )
    }
}
