//! [`Line`]: what one line of a log is.

use serde::Deserialize;
use serde_json::error::Category;
use time::OffsetDateTime;

use crate::observed::access_line::AccessLine;
use crate::observed::audit_line::AuditLine;
use crate::observed::{Observation, stamp};

/// What one line of a log tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Line {
    /// One request or connection to the workload.
    Observation(Box<Observation>),
    /// Nothing of a request or connection that the filter judged.
    Other(OtherLine),
}

/// A line that is passed over.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum OtherLine {
    /// Nothing but white space.
    Blank,
    /// A line of Envoy's own log without an audit line in it.
    EnvoyLog,
    /// A line of the access log on a request of the application to a peer.
    Outbound,
    /// A line of the access log on a handshake that failed.
    FailedHandshake,
}

/// A line that is neither one of ours nor one of Envoy's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LineError {
    /// It is not text.
    #[error("not UTF-8: {0}")]
    NotText(core::str::Utf8Error),
    /// It is neither JSON nor what Envoy's log looks like.
    #[error("neither a JSON object nor a line of Envoy's log")]
    Unknown,
    /// It begins as JSON, and is none.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// It is JSON with neither `event` (an audit line) nor `direction` (an access log).
    #[error("neither an audit line, which has `event`, nor a line of the access log, which has `direction`")]
    UnknownJson,
    /// An audit line with a field that is missing or not what it should be.
    #[error("an audit line that cannot be read: {0}")]
    AuditLine(String),
    /// A line of the access log with a field that is missing or not what it should be.
    #[error("a line of the access log that cannot be read: {0}")]
    AccessLine(String),
}

impl Line {
    /// Reads one line, without its line break.
    ///
    /// # Errors
    /// When it is neither a line of ours nor one of Envoy's log.
    pub fn read(line: &[u8]) -> Result<Self, LineError> {
        let line = str::from_utf8(line).map_err(LineError::NotText)?.trim_ascii();
        match line.bytes().next() {
            None => Ok(Self::Other(OtherLine::Blank)),
            Some(b'{') => json_line(line),
            Some(_) => log_line(line),
        }
    }

    /// The observation, if the line is one.
    #[must_use]
    pub fn observation(self) -> Option<Observation> {
        match self {
            Self::Observation(observation) => Some(*observation),
            Self::Other(_) => None,
        }
    }
}

/// Which of the two kinds a JSON object is, by a field that only one of them has.
#[derive(Deserialize)]
struct Kind {
    event: Option<serde::de::IgnoredAny>,
    direction: Option<serde::de::IgnoredAny>,
}

fn json_line(line: &str) -> Result<Line, LineError> {
    let kind: Kind = serde_json::from_str(line).map_err(|error| LineError::NotJson(reason(&error)))?;
    match (kind.event, kind.direction) {
        (Some(_), _) => audit_line(line, None),
        (None, Some(_)) => access_line(line),
        (None, None) => Err(LineError::UnknownJson),
    }
}

fn audit_line(json: &str, time: Option<OffsetDateTime>) -> Result<Line, LineError> {
    let line: AuditLine = serde_json::from_str(json).map_err(|error| LineError::AuditLine(reason(&error)))?;
    let observation = line.observation(time).map_err(LineError::AuditLine)?;
    Ok(Line::Observation(Box::new(observation)))
}

fn access_line(json: &str) -> Result<Line, LineError> {
    let line: AccessLine =
        serde_json::from_str(json).map_err(|error| LineError::AccessLine(reason(&error)))?;
    match line.observation().map_err(LineError::AccessLine)? {
        Ok(observation) => Ok(Line::Observation(Box::new(observation))),
        Err(other) => Ok(Line::Other(other)),
    }
}

/// The message with the column alone: it is one line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    match error.classify() {
        Category::Io | Category::Data => message.to_owned(),
        Category::Syntax | Category::Eof => format!("{message} at column {}", error.column()),
    }
}

/// A line of Envoy's log, perhaps with an audit line at its end.
fn log_line(line: &str) -> Result<Line, LineError> {
    let stamp = Stamp::of(line).ok_or(LineError::Unknown)?;
    match audit_json(stamp.rest) {
        Some(json) => audit_line(json, stamp.time),
        None => Ok(Line::Other(OtherLine::EnvoyLog)),
    }
}

/// What a line of the log begins with.
struct Stamp<'l> {
    time: Option<OffsetDateTime>,
    rest: &'l str,
}

impl<'l> Stamp<'l> {
    /// `[2026-11-22 05:10:15.422][...` of Envoy, or `2026-11-22T05:10:15.422Z` and white space, of Istio's proxy and of
    /// collectors that put the time in front.
    fn of(line: &'l str) -> Option<Self> {
        let (stamp_text, rest) = match line.strip_prefix('[') {
            Some(line) => line.split_once(']')?,
            None => line.split_once([' ', '\t'])?,
        };
        let time = stamp::read_stamp(stamp_text).or_else(|| stamp::read(stamp_text))?;
        Some(Self {
            time: Some(time),
            rest,
        })
    }
}

/// The JSON object at the end of a message of the wasm logger.
fn audit_json(rest: &str) -> Option<&str> {
    let at = rest.find(r#"{"event":"#)?;
    let (before, json) = rest.split_at_checked(at)?;
    let is_bare = before.trim_ascii().is_empty();
    let is_of_wasm = before.contains("wasm log ");
    // Istio's proxy puts the thread behind the message.
    let json = json.rsplit_once("\tthread=").map_or(json, |(json, _)| json);
    (is_bare || is_of_wasm).then_some(json)
}

#[cfg(test)]
mod tests;
