//! [`Problem`]: what is wrong with a configuration, and how the filter logs it.

/// What every line about a refused configuration begins with.
const REFUSED: &str = "configuration refused";
/// How the filter names the document itself as a place.
const DOCUMENT: &str = "configuration";

/// What a line begins with that explains where the workload was looked for.
const NODE_METADATA: &str = "node metadata ";

/// One problem of a configuration, as an engine reports it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Problem {
    /// The place in the document, such as `resources[0].spec.rules[0]`; empty for the document.
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

/// The problems in lines that the filter logged: one line each, then a line with their count.
///
/// # Errors
/// When the count is missing or another one.
pub fn from_log<'l>(lines: impl IntoIterator<Item = &'l str>) -> Result<Vec<Problem>, String> {
    let lines: Vec<&str> = lines
        .into_iter()
        .filter_map(|line| Some(line.split_once(REFUSED)?.1))
        .collect();
    let problems: Vec<Problem> = lines
        .iter()
        .filter_map(|line| problem(line.strip_prefix(": ")?))
        .collect();
    let counts: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix(" with "))
        .collect();
    let expected = match problems.len() {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    };
    match counts.as_slice() {
        [count] if *count == expected => Ok(problems),
        other => Err(format!("the log shows {problems:#?} and counts {other:?}")),
    }
}

/// A line about the node metadata explains a problem and is none itself.
fn problem(line: &str) -> Option<Problem> {
    let (at, message) = line.split_once(": ")?;
    let at = if at == DOCUMENT { "" } else { at };
    (!at.starts_with(NODE_METADATA)).then(|| Problem {
        at: at.to_owned(),
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_place_and_its_message() {
        let lines = [
            "[x] wasm log spiffe_authz: configuration refused: a.b[0]: `c` is not: d",
            "configuration refused: configuration: the document cannot be read",
            "configuration refused: node metadata `LABELS`: not found",
            "something else",
            "configuration refused: headers.\"x y\": `x y` is not a name",
            "configuration refused with 3 errors",
        ];
        let problem = |at: &str, message: &str| Problem {
            at: at.to_owned(),
            message: message.to_owned(),
        };
        let expected = vec![
            problem("a.b[0]", "`c` is not: d"),
            problem("", "the document cannot be read"),
            problem("headers.\"x y\"", "`x y` is not a name"),
        ];
        assert_eq!(from_log(lines), Ok(expected));
    }

    #[test]
    fn a_count_that_differs_is_an_error() {
        assert!(from_log(["configuration refused: a: b"]).is_err());
        assert!(
            from_log([
                "configuration refused: a: b",
                "configuration refused with 2 errors"
            ])
            .is_err()
        );
    }
}
