//! A trace as text: one line an event, hostcalls indented below their callback.

use std::fmt;

use crate::abi::Status;
use crate::trace::event::{CallbackEnd, CallbackEvent, HostcallEnd, HostcallEvent, TraceEvent};
use crate::trace::list::Trace;
use crate::trace::value::TraceValue;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped() > 0 {
            writeln!(f, "({} earlier events are not kept)", self.dropped())?;
        }
        self.events().iter().try_for_each(|event| {
            fmt::Display::fmt(event, f)?;
            f.write_str("\n")
        })
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callback(callback) => callback.fmt(f),
            Self::Hostcall(hostcall) => hostcall.fmt(f),
        }
    }
}

impl fmt::Display for CallbackEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}(", self.context, self.callback)?;
        let arguments = self.arguments.iter().filter(|(name, _)| *name != "context");
        show_values(f, arguments)?;
        write!(
            f,
            ") {}: fuel {}, memory {} B",
            self.end, self.fuel, self.memory_bytes
        )?;
        if f.alternate() {
            write!(f, ", {:?}", self.time)?;
        }
        Ok(())
    }
}

impl fmt::Display for CallbackEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("runs"),
            Self::Returned(Some(result)) => write!(f, "-> {result}"),
            Self::Returned(None) => f.write_str("-> ()"),
            Self::Trapped(cause) => write!(f, "TRAPPED ({cause})"),
        }
    }
}

/// How deep hostcalls within hostcalls are shown: a guest's recursion ends only with the stack.
const DEEPEST: usize = 20;

impl fmt::Display for HostcallEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = self.depth.min(DEEPEST).saturating_mul(2);
        write!(f, "{:indent$}{}(", "", self.name)?;
        show_values(f, self.arguments.iter())?;
        write!(f, ") {}", self.end)?;
        if self.answers.is_empty() {
            return Ok(());
        }
        f.write_str(", ")?;
        show_values(f, self.answers.iter())
    }
}

impl fmt::Display for HostcallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("did not return"),
            Self::Returned => f.write_str("-> ()"),
            Self::Status(status) => write!(f, "-> {status:?}"),
            Self::Errno(errno) => write!(f, "-> {errno}"),
            Self::Lie { lie, told, honest } => {
                write!(f, "-> {} (LIE: {lie:?}, ", told_status(*told))?;
                match honest {
                    Some(honest) => write!(f, "in truth {honest:?})"),
                    None => f.write_str("not served)"),
                }
            }
        }
    }
}

/// The status by its name, or a number that is none.
pub(super) fn told_status(told: u32) -> String {
    Status::try_from(told).map_or_else(
        |unknown| format!("{} (no Status)", unknown.number),
        |it| format!("{it:?}"),
    )
}

fn show_values<'v>(
    f: &mut fmt::Formatter<'_>,
    values: impl Iterator<Item = &'v (&'static str, TraceValue)>,
) -> fmt::Result {
    for (place, (name, value)) in values.enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(f, "{comma}{name}: {value}")?;
    }
    Ok(())
}
