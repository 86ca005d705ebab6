//! Carries a script out.

use crate::answer::Answer;
use crate::deed::Deed;
use crate::hostcall::{Argument, Hostcall};
use crate::log::log;
use crate::numbers;
use crate::script::{Action, Condition, Statement};
use crate::state::{self, Value};
use crate::token::Token;

/// A callback as its script and the log see it.
pub(crate) struct Event<'e> {
    /// The name of its section.
    pub(crate) name: &'e str,
    /// The context that the host named.
    pub(crate) context: u32,
    /// The other arguments.
    pub(crate) arguments: Vec<String>,
    /// Whether the host said that the stream ends.
    pub(crate) end: bool,
    /// What it returns where its script does not say; `None` where it returns nothing.
    pub(crate) default: Option<i32>,
}

/// Logs a callback and runs its statements; what it returns.
pub(crate) fn happen(event: &Event<'_>) -> i32 {
    let context = state::name(event.context);
    let arguments: Vec<&str> = [context.as_str()]
        .into_iter()
        .chain(event.arguments.iter().map(String::as_str))
        .collect();
    log(&format!("{}({})", event.name, arguments.join(", ")));
    let script = state::script(event.context);
    let statements = script
        .as_ref()
        .map_or(&[][..], |script| script.statements(event.name));
    for statement in statements {
        if !applies(statement, event, &context) {
            continue;
        }
        if let Some(returned) = carry_out(statement) {
            return returned;
        }
    }
    event.default.unwrap_or_default()
}

fn applies(statement: &Statement, event: &Event<'_>, context: &str) -> bool {
    let others = statement.conditions.iter().all(|condition| match condition {
        Condition::Context(name) => name == context,
        Condition::End => event.end,
        Condition::Open => !event.end,
        Condition::Turn(_) => true,
    });
    if others {
        statement.turns.set(statement.turns.get().saturating_add(1));
    }
    let turn = |condition: &Condition| match condition {
        Condition::Turn(turn) => *turn == statement.turns.get(),
        Condition::Context(_) | Condition::End | Condition::Open => true,
    };
    others && statement.conditions.iter().all(turn)
}

/// What the callback returns, if this statement says so.
fn carry_out(statement: &Statement) -> Option<i32> {
    let text = &statement.text;
    match &statement.action {
        Action::Deed(Deed::Return(number)) => {
            log(&format!("  {text}"));
            return Some(*number);
        }
        Action::Deed(deed @ (Deed::Trap | Deed::Loop | Deed::Recurse | Deed::Touch(_) | Deed::Exit(_))) => {
            log(&format!("  {text}"));
            log(&format!("  {text} -> {}", deed.carry_out()));
        }
        Action::Deed(deed) => log(&format!("  {text} -> {}", deed.carry_out())),
        Action::Call {
            hostcall,
            arguments,
            store,
        } => {
            let answer = call(hostcall, arguments, store.as_deref())
                .unwrap_or_else(|error| format!("no call: {error}"));
            log(&format!("  {text} -> {answer}"));
        }
    }
    None
}

fn call(hostcall: &Hostcall, arguments: &[Token], store: Option<&str>) -> Result<String, String> {
    let mut prepared = Prepared::default();
    let mut given = arguments.iter().peekable();
    for argument in hostcall.arguments {
        prepared.add(*argument, &mut given)?;
    }
    if given.next().is_some() {
        return Err("too many arguments".to_owned());
    }
    let status = (hostcall.call)(&prepared.words);
    if let (Some(name), Some(answer), 0) = (store, prepared.answers.first(), status) {
        state::store(name, answer.value());
    }
    Ok(describe(status, &prepared.answers))
}

fn describe(status: i32, answers: &[Answer]) -> String {
    let mut words = vec![numbers::status(status)];
    match status {
        0 => words.extend(
            answers
                .iter()
                .filter(|answer| answer.is_written())
                .map(Answer::shown),
        ),
        _ if answers.iter().any(Answer::is_written) => words.push("and wrote".to_owned()),
        _ => {}
    }
    words.join(" ")
}

/// The words of a hostcall, and all that they point to.
#[derive(Default)]
struct Prepared {
    words: Vec<i64>,
    texts: Vec<Vec<u8>>,
    answers: Vec<Answer>,
}

type Given<'t> = std::iter::Peekable<std::slice::Iter<'t, Token>>;

impl Prepared {
    fn add(&mut self, argument: Argument, given: &mut Given<'_>) -> Result<(), String> {
        match argument {
            Argument::Number => {
                let token = given.next().ok_or("too few arguments")?;
                self.words.push(number(token)?);
            }
            Argument::Bytes => {
                let token = given.next().ok_or("too few arguments")?;
                self.bytes(token)?;
            }
            Argument::OutBytes | Argument::OutPairs | Argument::OutU32 | Argument::OutU64 => {
                match given.peek() {
                    Some(Token::Out(places)) => {
                        self.words.extend(places);
                        given.next();
                    }
                    _ => {
                        let mut answer = Answer::new(argument);
                        self.words.extend(answer.words());
                        self.answers.push(answer);
                    }
                }
            }
        }
        Ok(())
    }

    fn bytes(&mut self, token: &Token) -> Result<(), String> {
        let text = match token {
            Token::Text { bytes, .. } => bytes.clone(),
            Token::Pairs(texts) => encoded(texts)?,
            Token::Stored(name) => match state::stored(name) {
                Some(Value::Bytes(bytes)) => bytes,
                _ => return Err(format!("`${name}` holds no bytes")),
            },
            Token::Span(address, length) => {
                self.words.extend([*address, *length]);
                return Ok(());
            }
            Token::Out(_) => return Err("bytes are no place to write to".to_owned()),
        };
        self.words
            .extend([text.as_ptr().expose_provenance() as i64, text.len() as i64]);
        self.texts.push(text);
        Ok(())
    }
}

fn number(token: &Token) -> Result<i64, String> {
    match token {
        Token::Text { bytes, quoted: false } => {
            let word = String::from_utf8_lossy(bytes);
            let context = || state::context(&word).map(i64::from);
            numbers::number(&word)
                .or_else(context)
                .ok_or_else(|| format!("`{word}` is no number"))
        }
        Token::Stored(name) => match state::stored(name) {
            Some(Value::Number(number)) => Ok(number),
            _ => Err(format!("`${name}` holds no number")),
        },
        Token::Text { .. } | Token::Pairs(_) | Token::Span(..) | Token::Out(_) => {
            Err("not a number".to_owned())
        }
    }
}

fn encoded(texts: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    if !texts.len().is_multiple_of(2) {
        return Err("a name without a value".to_owned());
    }
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut bytes = (texts.len() as u32 / 2).to_le_bytes().to_vec();
    texts
        .iter()
        .for_each(|text| bytes.extend((text.len() as u32).to_le_bytes()));
    for text in texts {
        bytes.extend(text);
        bytes.push(0);
    }
    Ok(bytes)
}
