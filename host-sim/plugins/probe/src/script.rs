//! A script: for each callback its statements.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::deed::Deed;
use crate::hostcall::{self, Hostcall};
use crate::token::{self, Token};

/// The statements of each callback, by its name.
#[derive(Default)]
pub(crate) struct Script {
    sections: BTreeMap<String, Vec<Statement>>,
}

/// One line.
pub(crate) struct Statement {
    /// The line as it was written, which the log repeats.
    pub(crate) text: String,
    /// When it is carried out.
    pub(crate) conditions: Vec<Condition>,
    /// How often its turn came so far.
    pub(crate) turns: Cell<u32>,
    /// What it does.
    pub(crate) action: Action,
}

/// When a statement is carried out.
pub(crate) enum Condition {
    /// `once`, `nth 3`: at this turn alone.
    Turn(u32),
    /// `in s2`: for this context alone.
    Context(String),
    /// `end`: where the host says that the stream ends.
    End,
    /// `open`: where it says that it does not.
    Open,
}

/// What a statement does.
pub(crate) enum Action {
    /// Makes a hostcall, and may store what it gives back.
    Call {
        hostcall: &'static Hostcall,
        arguments: Vec<Token>,
        store: Option<String>,
    },
    /// Something without a hostcall.
    Deed(Deed),
}

impl Script {
    /// Reads a script.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut script = Self::default();
        let mut section = None;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let name = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
            match (name, section.as_ref()) {
                (Some(name), _) => section = Some(name.to_owned()),
                (None, None) => return Err(format!("`{line}` belongs to no callback")),
                (None, Some(section)) => {
                    let statement = Statement::parse(line).map_err(|error| format!("`{line}`: {error}"))?;
                    script
                        .sections
                        .entry(section.clone())
                        .or_default()
                        .push(statement);
                }
            }
        }
        Ok(script)
    }

    /// The statements of a callback.
    pub(crate) fn statements(&self, callback: &str) -> &[Statement] {
        self.sections.get(callback).map_or(&[], Vec::as_slice)
    }
}

impl Statement {
    fn parse(line: &str) -> Result<Self, String> {
        let mut rest = line;
        let mut conditions = Vec::new();
        while let Some((condition, behind)) = condition(rest)? {
            conditions.push(condition);
            rest = behind;
        }
        Ok(Self {
            text: line.to_owned(),
            conditions,
            turns: Cell::new(0),
            action: action(rest)?,
        })
    }
}

fn condition(line: &str) -> Result<Option<(Condition, &str)>, String> {
    let (word, rest) = split(line);
    let (argument, behind) = split(rest);
    match word {
        "once" => Ok(Some((Condition::Turn(1), rest))),
        "nth" => match argument.parse() {
            Ok(turn) => Ok(Some((Condition::Turn(turn), behind))),
            Err(error) => Err(format!("`nth {argument}`: {error}")),
        },
        "in" => Ok(Some((Condition::Context(argument.to_owned()), behind))),
        "end" => Ok(Some((Condition::End, rest))),
        "open" => Ok(Some((Condition::Open, rest))),
        _ => Ok(None),
    }
}

fn action(line: &str) -> Result<Action, String> {
    let (store, line) = match line.split_once('=') {
        Some((left, right)) if left.trim_end().starts_with('$') && !left.trim_end().contains(' ') => {
            (Some(left.trim_end()[1..].to_owned()), right.trim_start())
        }
        _ => (None, line),
    };
    let (word, rest) = split(line);
    if let Some(deed) = Deed::parse(word, rest)? {
        return Ok(Action::Deed(deed));
    }
    let hostcall =
        hostcall::find(word).ok_or_else(|| format!("`{word}` is neither a hostcall nor a deed"))?;
    let arguments = token::tokens(rest)?;
    Ok(Action::Call {
        hostcall,
        arguments,
        store,
    })
}

/// The first word and what follows it.
fn split(line: &str) -> (&str, &str) {
    line.split_once(' ')
        .map_or((line, ""), |(word, rest)| (word, rest.trim_start()))
}
