//! The subset of Helm's templates that the chart is written in: values, `if` with a value or `eq`, `range`, `quote`, and
//! `toYaml` with `nindent`.

use serde_json::Value;

/// Text, or what stands between braces.
enum Token<'t> {
    Text(&'t str),
    Action(&'t str),
}

/// Renders a template with what is given as the outermost dot.
pub(crate) fn render(template: &str, given: &Value) -> String {
    let tokens = tokens(template);
    let mut out = String::new();
    let rest = block(&tokens, given, given, &mut out);
    assert!(rest.is_empty(), "an `end` too many");
    out
}

fn tokens(template: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest) = (Vec::new(), template);
    while let Some((text, behind)) = rest.split_once("{{") {
        let (action, after) = behind.split_once("}}").expect("an action ends");
        let trims = action.strip_prefix("- ");
        tokens.push(Token::Text(trims.map_or(text, |_| text.trim_end())));
        let action = trims.unwrap_or(action);
        assert!(!action.ends_with('-'), "not in the subset: `-}}}}`");
        tokens.push(Token::Action(action.trim()));
        rest = after;
    }
    tokens.push(Token::Text(rest));
    tokens
}

/// Renders up to the `end` of this block, or to the end of the template; what is behind it.
fn block<'t>(mut tokens: &'t [Token<'t>], root: &Value, dot: &Value, out: &mut String) -> &'t [Token<'t>] {
    while let [token, rest @ ..] = tokens {
        tokens = match token {
            Token::Text(text) => {
                out.push_str(text);
                rest
            }
            Token::Action("end") => return rest,
            Token::Action(action) => one(action, rest, root, dot, out),
        };
    }
    tokens
}

/// Renders an action, and the block that belongs to it; what is behind it.
fn one<'t>(
    action: &str,
    rest: &'t [Token<'t>],
    root: &Value,
    dot: &Value,
    out: &mut String,
) -> &'t [Token<'t>] {
    if let Some(condition) = action.strip_prefix("if ") {
        let mut inner = String::new();
        let behind = block(rest, root, dot, &mut inner);
        if holds(condition, root, dot) {
            out.push_str(&inner);
        }
        return behind;
    }
    if let Some(list) = action.strip_prefix("range ") {
        let items = value(list, root, dot).as_array().cloned().unwrap_or_default();
        for item in &items {
            block(rest, root, item, out);
        }
        return block(rest, root, &Value::Null, &mut String::new());
    }
    out.push_str(&pipeline(action, root, dot));
    rest
}

/// What is empty does not hold.
fn holds(condition: &str, root: &Value, dot: &Value) -> bool {
    if let Some(two) = condition.strip_prefix("eq ") {
        let (path, text) = two.split_once(' ').expect("two values");
        return value(path, root, dot) == text.trim_matches('"');
    }
    match value(condition, root, dot) {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn pipeline(action: &str, root: &Value, dot: &Value) -> String {
    let mut parts = action.split(" | ");
    let first = parts.next().unwrap();
    let text = match first.strip_prefix("toYaml ") {
        Some(path) => serde_saphyr::to_string(value(path, root, dot)).unwrap(),
        None => plain(value(first, root, dot)),
    };
    parts.fold(text.trim_end().to_owned(), |text, function| {
        match function.split_once(' ') {
            Some(("nindent", width)) => indented(&text, width.parse().unwrap()),
            None if function == "quote" => Value::from(text).to_string(),
            _ => panic!("not in the subset: `{function}`"),
        }
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        // In a block that is passed over.
        Value::Null => String::new(),
        other => panic!("not printed as it stands: {other}"),
    }
}

fn indented(text: &str, width: usize) -> String {
    let lines = text.lines().map(|line| format!("\n{:width$}{line}", ""));
    lines.collect()
}

/// A path such as `.Values.image.url`, or the dot itself. What is not there is null.
fn value<'v>(path: &str, root: &'v Value, dot: &'v Value) -> &'v Value {
    let steps = path
        .strip_prefix('.')
        .unwrap_or_else(|| panic!("no path: `{path}`"));
    let from = if steps.starts_with("Values.") || steps.starts_with("Release.") {
        root
    } else {
        dot
    };
    let names = steps.split('.').filter(|step| !step.is_empty());
    names.fold(from, |at, step| at.get(step).unwrap_or(&Value::Null))
}
