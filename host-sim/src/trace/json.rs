//! A trace as JSON: one object a line, one line an event.
//!
//! Bytes are a string where all of them are kept and are UTF-8, else an object with their hexadecimal digits in `hex`, and
//! with `length` where only the first are kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::trace::event::{CallbackEnd, CallbackEvent, HostcallEnd, HostcallEvent, TraceEvent};
use crate::trace::list::Trace;
use crate::trace::text::told_status;
use crate::trace::value::{TraceBytes, TraceValue};

impl Trace {
    /// The events as JSON Lines: one object an event, with the time of a callback in nanoseconds.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.events().iter().fold(String::new(), |mut text, event| {
            let _infallible = writeln!(text, "{}", object(event));
            text
        })
    }
}

fn object(event: &TraceEvent) -> Value {
    match event {
        TraceEvent::Callback(callback) => of_callback(callback),
        TraceEvent::Hostcall(hostcall) => of_hostcall(hostcall),
    }
}

fn of_callback(event: &CallbackEvent) -> Value {
    let (end, with) = match &event.end {
        CallbackEnd::Running => ("running", Value::Null),
        CallbackEnd::Returned(result) => ("returned", result.as_ref().map_or(Value::Null, value)),
        CallbackEnd::Trapped(cause) => ("trapped", cause.to_string().into()),
    };
    json!({
        "event": "callback",
        "name": event.callback.export(),
        "context": event.context,
        "arguments": values(&event.arguments),
        "end": end,
        "result": with,
        "fuel": event.fuel,
        "nanoseconds": u64::try_from(event.time.as_nanos()).unwrap_or(u64::MAX),
        "memory_bytes": event.memory_bytes,
    })
}

fn of_hostcall(event: &HostcallEvent) -> Value {
    let (status, lie) = match &event.end {
        HostcallEnd::None | HostcallEnd::Returned => (Value::Null, Value::Null),
        HostcallEnd::Status(status) => (format!("{status:?}").into(), Value::Null),
        HostcallEnd::Errno(errno) => (errno.to_string().into(), Value::Null),
        HostcallEnd::Lie { lie, told, honest } => {
            let truth = honest.map(|honest| format!("{honest:?}"));
            (
                told_status(*told).into(),
                json!({ "told": format!("{lie:?}"), "truth": truth }),
            )
        }
    };
    json!({
        "event": "hostcall",
        "name": event.name,
        "callback": event.callback.export(),
        "context": event.context,
        "depth": event.depth,
        "returned": event.end != HostcallEnd::None,
        "arguments": values(&event.arguments),
        "status": status,
        "lie": lie,
        "answers": values(&event.answers),
    })
}

/// A name that comes several times has the list of its values.
fn values(values: &[(&'static str, TraceValue)]) -> Value {
    let mut named: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, given) in values {
        named.entry(name).or_default().push(value(given));
    }
    let object = named.into_iter().map(|(name, mut values)| {
        let value = match values.pop() {
            Some(only) if values.is_empty() => only,
            Some(last) => values.into_iter().chain([last]).collect(),
            None => Value::Null,
        };
        (name.to_owned(), value)
    });
    Value::Object(object.collect())
}

fn value(value: &TraceValue) -> Value {
    match value {
        TraceValue::Number(number) => of_number(*number),
        TraceValue::Bool(value) => (*value).into(),
        TraceValue::Unknown(unknown) => json!({ "unknown": unknown.kind, "number": unknown.number }),
        TraceValue::Bytes(given) => bytes(given),
        TraceValue::Path(segments) => segments.iter().map(|segment| whole(segment)).collect(),
        TraceValue::Pairs(pairs) => pairs
            .iter()
            .map(|(name, value)| json!([whole(name), whole(value)]))
            .collect(),
        TraceValue::Unread { pointer, length } => json!({ "unread": pointer, "length": length }),
        TraceValue::Action(_) | TraceValue::Buffer(_) | TraceValue::Level(_) | TraceValue::Map(_) => {
            value.name().into()
        }
        TraceValue::Metric(_) | TraceValue::Peer(_) | TraceValue::Stream(_) | TraceValue::GrpcStatus(_) => {
            value.name().into()
        }
    }
}

/// A number beyond 64 bits does not cross the ABI.
fn of_number(number: i128) -> Value {
    u64::try_from(number).map_or_else(
        |_| i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from),
        Value::from,
    )
}

fn bytes(bytes: &TraceBytes) -> Value {
    if bytes.is_whole() {
        whole(bytes.kept())
    } else {
        json!({ "hex": hex(bytes.kept()), "length": bytes.length() })
    }
}

fn whole(bytes: &[u8]) -> Value {
    str::from_utf8(bytes).map_or_else(|_| json!({ "hex": hex(bytes) }), Value::from)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
