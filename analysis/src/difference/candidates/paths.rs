//! Paths: the generic form, templates with bound names, and regular expressions.

use crate::difference::candidates::automaton;
use crate::difference::candidates::text::Patterns;
use crate::difference::clause::Form;

/// What may stand in a path, those that people would write first. No `?` and no `#`, which end it.
pub(super) const PLAIN: &[u8] =
    b"abcdefghijklmnopqrstuvwxyz/0123456789-._ABCDEFGHIJKLMNOPQRSTUVWXYZ~!$&'()*+,:=@";
/// What else a path of profile istio may have.
pub(super) const DOUBTFUL: &[u8] = b"%;\\\"<>[]^`{|} ";
/// Paths that can be read in more than one way, each behind another path.
pub(super) const AMBIGUOUS: [&str; 9] = [
    "//a", "/./a", "/../a", "%2fa", "%5ca", "\\a", ";a=b", "%00", "%zz",
];
/// A path that can be read in more than one way without a doubtful byte.
const DOUBTFUL_FORM: &str = r"(?s:.*)(?://|/\.\.?(?:/|\z))(?s:.*)";

/// A value that paths are compared with.
#[derive(Clone, Debug)]
pub(super) struct PathValue {
    pub(super) form: Form,
    pub(super) text: String,
    pub(super) ignore_case: bool,
    /// For each name in the template, what it may stand for.
    pub(super) bound: Vec<(String, Vec<String>)>,
}

/// Whether a value is a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains('{')
}

/// The paths, and whether a bound was hit.
pub(super) fn paths(values: &[PathValue], allows_doubtful: bool) -> (Vec<String>, bool) {
    let mut patterns = Patterns::default();
    let mut any_case = Patterns::default();
    let mut expressions = Vec::new();
    for value in values.iter().flat_map(filled) {
        match value.form {
            Form::Text if !is_template(&value.text) => {
                patterns.add(&value.text);
                if value.ignore_case {
                    any_case.add(&value.text);
                }
            }
            Form::Text | Form::Regex | Form::Number | Form::Boolean => {}
        }
        expressions.push(expression(&value));
    }
    if values.iter().any(|value| value.ignore_case) {
        patterns.add_other_cases();
    }
    patterns.prefixes.insert("/".to_owned());
    let (mut paths, mut is_bounded) = patterns.witnesses();
    paths.retain(|path| path.starts_with('/') && !path.contains(['?', '#']) || path.is_empty());
    paths.retain(|path| !path.is_empty());
    let needs_automaton = values
        .iter()
        .any(|value| value.form == Form::Regex || is_template(&value.text));
    if needs_automaton {
        let mut alphabet = PLAIN.to_vec();
        if allows_doubtful {
            alphabet.extend(DOUBTFUL);
        } else {
            expressions.push(DOUBTFUL_FORM.to_owned());
        }
        expressions.sort();
        expressions.dedup();
        match automaton::witnesses(&expressions, "/", &alphabet) {
            Some(found) => paths.extend(found),
            None => {
                is_bounded = true;
                paths.extend(
                    values
                        .iter()
                        .flat_map(filled)
                        .flat_map(|value| instances(&value.text)),
                );
            }
        }
    }
    paths.sort_by_key(|path| path.len());
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    (paths, is_bounded)
}

/// The value with each bound name filled in.
fn filled(value: &PathValue) -> Vec<PathValue> {
    let mut all = vec![value.clone()];
    for (name, texts) in &value.bound {
        let segment = format!("{{{name}}}");
        if value.text.contains(&segment) {
            let fill = |value: &PathValue| {
                let fill_one = |text: &String| PathValue {
                    text: value.text.replace(&segment, text),
                    ..value.clone()
                };
                texts.iter().map(fill_one).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(fill).take(2000).collect();
        }
    }
    all
}

/// A regular expression with the texts that the value means, roughly: the engine has the last word on each path.
fn expression(value: &PathValue) -> String {
    let inner = match value.form {
        Form::Regex => format!("(?:{}\n?)", value.text).replace("\n?", ""),
        Form::Text | Form::Number | Form::Boolean if is_template(&value.text) => template(&value.text),
        Form::Text | Form::Number | Form::Boolean => generic(&value.text),
    };
    if value.ignore_case {
        format!("(?i:{inner})")
    } else {
        inner
    }
}

/// The generic form as a regular expression.
pub(super) fn generic(text: &str) -> String {
    let quoted = |text: &str| quote(text);
    if text == "*" {
        "(?s:.+)".to_owned()
    } else if let Some(suffix) = text.strip_prefix('*') {
        format!("(?s:.*){}", quoted(suffix))
    } else if let Some(prefix) = text.strip_suffix('*') {
        format!("{}(?s:.*)", quoted(prefix))
    } else {
        quoted(text)
    }
}

fn template(text: &str) -> String {
    let parts = text.replace("{**}", "\u{1}").replace("{*}", "\u{2}");
    let mut expression = String::new();
    let mut is_name = false;
    for character in parts.chars() {
        match character {
            '\u{1}' => expression.push_str("(?s:.*)"),
            '\u{2}' => expression.push_str("[^/]+"),
            '{' => {
                is_name = true;
                expression.push_str("[^/]+");
            }
            '}' => is_name = false,
            other if !is_name => expression.push_str(&quote(&other.to_string())),
            _ => {}
        }
    }
    expression
}

/// The text as a regular expression that matches it alone.
fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for character in text.chars() {
        if character.is_ascii_punctuation() {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

/// Paths that a template matches.
fn instances(text: &str) -> Vec<String> {
    let one = text.replace("{*}", "other");
    ["", "other", "other/other"]
        .map(|rest| one.replace("{**}", rest))
        .into_iter()
        .filter(|path| !path.contains('{'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(form: Form, text: &str) -> PathValue {
        PathValue {
            form,
            text: text.to_owned(),
            ignore_case: false,
            bound: Vec::new(),
        }
    }

    #[test]
    fn a_template_and_a_prefix_have_a_path_that_both_match() {
        let values = [value(Form::Text, "/{*}/items"), value(Form::Text, "/shop/*")];
        let (paths, _) = paths(&values, false);
        assert!(paths.iter().any(|path| path == "/shop/items"), "{paths:?}");
    }

    #[test]
    fn an_expression_has_a_path_that_it_matches() {
        let (paths, _) = paths(&[value(Form::Regex, "/v[0-9]+/(a|b)")], false);
        assert!(paths.iter().any(|path| path.starts_with("/v0/")), "{paths:?}");
    }

    #[test]
    fn a_bound_name_is_filled_in() {
        let mut bound = value(Form::Text, "/tenants/{ns}/a");
        bound.bound = vec![("ns".to_owned(), vec!["shop".to_owned()])];
        let (paths, _) = paths(&[bound], false);
        assert!(paths.iter().any(|path| path == "/tenants/shop/a"), "{paths:?}");
    }
}
