//! The tokens of a statement.

use std::iter::Peekable;
use std::str::Chars;

/// One token, as far as it can be told without the hostcall.
#[derive(Clone)]
pub(crate) enum Token {
    /// A word, or a quoted text (which may be repeated: `"ab"*100`).
    Text { bytes: Vec<u8>, quoted: bool },
    /// `{name value ..}`.
    Pairs(Vec<Vec<u8>>),
    /// `$name`: what was stored under it.
    Stored(String),
    /// `@address,length`: bytes wherever that is.
    Span(i64, i64),
    /// `>address` or `>address,address`: where the host shall write.
    Out(Vec<i64>),
}

type Letters<'s> = Peekable<Chars<'s>>;

/// Takes a line apart.
pub(crate) fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut letters = line.chars().peekable();
    let mut tokens = Vec::new();
    while skip_space(&mut letters) {
        tokens.push(token(&mut letters)?);
    }
    Ok(tokens)
}

fn token(letters: &mut Letters<'_>) -> Result<Token, String> {
    match letters.peek() {
        Some('"') => quoted(letters).map(|bytes| Token::Text { bytes, quoted: true }),
        Some('{') => pairs(letters),
        Some('$') => Ok(Token::Stored(word(letters).split_off(1))),
        Some('@') => match numbers(&word(letters))?[..] {
            [address, length] => Ok(Token::Span(address, length)),
            _ => Err("`@address,length` has two numbers".to_owned()),
        },
        Some('>') => numbers(&word(letters)).map(Token::Out),
        _ => Ok(Token::Text {
            bytes: word(letters).into_bytes(),
            quoted: false,
        }),
    }
}

/// Whether anything follows.
fn skip_space(letters: &mut Letters<'_>) -> bool {
    while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
    letters.peek().is_some()
}

fn word(letters: &mut Letters<'_>) -> String {
    let mut word = String::new();
    while let Some(letter) = letters.next_if(|letter| !letter.is_whitespace() && *letter != '}') {
        word.push(letter);
    }
    word
}

fn pairs(letters: &mut Letters<'_>) -> Result<Token, String> {
    letters.next();
    let mut texts = Vec::new();
    while skip_space(letters) {
        match letters.peek() {
            Some('}') => {
                letters.next();
                return Ok(Token::Pairs(texts));
            }
            Some('"') => texts.push(quoted(letters)?),
            _ => texts.push(word(letters).into_bytes()),
        }
    }
    Err("`{` without `}`".to_owned())
}

fn quoted(letters: &mut Letters<'_>) -> Result<Vec<u8>, String> {
    letters.next();
    let mut bytes = Vec::new();
    loop {
        match letters.next().ok_or("`\"` without its end")? {
            '"' => return repeated(letters, bytes),
            '\\' => bytes.push(escaped(letters)?),
            letter => bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
}

fn escaped(letters: &mut Letters<'_>) -> Result<u8, String> {
    match letters.next() {
        Some('n') => Ok(b'\n'),
        Some('r') => Ok(b'\r'),
        Some('t') => Ok(b'\t'),
        Some('0') => Ok(0),
        Some('x') => {
            let digits: String = letters.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16).map_err(|error| format!("`\\x{digits}`: {error}"))
        }
        Some(letter @ ('"' | '\\')) => Ok(letter as u8),
        other => Err(format!("no such escape: {other:?}")),
    }
}

fn repeated(letters: &mut Letters<'_>, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if letters.next_if_eq(&'*').is_none() {
        return Ok(bytes);
    }
    let times = word(letters);
    let times: usize = times.parse().map_err(|error| format!("`*{times}`: {error}"))?;
    Ok(bytes.repeat(times))
}

fn numbers(word: &str) -> Result<Vec<i64>, String> {
    let number = |text| crate::numbers::number(text).ok_or_else(|| format!("`{text}` is no number"));
    word[1..].split(',').map(number).collect()
}
