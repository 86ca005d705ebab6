//! What a plugin logged, read from Envoy's log.

use crate::parity::wire::SERVICE_TIME;

/// The beginning of every line that the probe logs by itself.
pub(crate) const PROBE: &str = "probe| ";

/// One message of Envoy's log; it may have several lines.
struct Message<'l> {
    thread: &'l str,
    level: &'l str,
    text: String,
}

/// The plugin's lines and its traps, from the thread that serves the streams.
///
/// The other thread that logs is the main thread, whose id is the process's: it tries each configuration in a VM of
/// its own.
pub(crate) fn plugin_lines(log: &str, plugin: &str, process_id: u32) -> Vec<String> {
    let main_thread = process_id.to_string();
    let served = messages(log)
        .into_iter()
        .filter(|message| message.thread != main_thread);
    served.filter_map(|message| line(&message, plugin)).collect()
}

/// Why Envoy refused a listener, if it did.
pub(crate) fn refusal(log: &str) -> Option<String> {
    let refused = messages(log).into_iter().find(|message| {
        message.text.contains("rejected") || message.text.contains("Error adding/updating listener")
    });
    refused.map(|message| message.text)
}

fn line(message: &Message<'_>, plugin: &str) -> Option<String> {
    if let Some((_, failed)) = message.text.split_once("Function: ") {
        let (function, _) = failed.split_once(" failed")?;
        return Some(trap(function));
    }
    let (_, text) = message.text.split_once("wasm log")?;
    let (prefix, text) = text.split_once(": ")?;
    prefix
        .split(' ')
        .any(|word| word == plugin)
        .then(|| shown(message.level, text))
}

/// A callback that trapped.
pub(crate) fn trap(function: &str) -> String {
    format!("{function} trapped")
}

/// A line of the plugin's: the probe's own are all at `info`.
pub(crate) fn shown(level: &str, text: &str) -> String {
    match text.strip_prefix(PROBE) {
        Some(text) if level == "info" => without_time(text),
        _ => format!("[{level}] {}", text.escape_debug()),
    }
}

/// How long a call took is shown as `N`, and the date that Envoy adds to a response not at all.
fn without_time(text: &str) -> String {
    let text = &without_date(text);
    let name = format!("{}=", SERVICE_TIME.0);
    let Some((before, behind)) = text.split_once(&name) else {
        return text.to_owned();
    };
    let rest = behind.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == 'N');
    format!("{before}{name}N{rest}")
}

fn without_date(text: &str) -> String {
    let dated = text.split_once(", date=");
    let parts = dated.and_then(|(before, behind)| Some((before, behind.split_once(" GMT")?.1)));
    parts.map_or_else(|| text.to_owned(), |(before, behind)| format!("{before}{behind}"))
}

/// `[time][thread][level][logger] [place] text`; what does not begin so continues the line before.
fn messages(log: &str) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for line in log.lines() {
        match message(line) {
            Some(message) => messages.push(message),
            None => {
                if let Some(last) = messages.last_mut() {
                    last.text.push('\n');
                    last.text.push_str(line);
                }
            }
        }
    }
    messages
}

fn message(line: &str) -> Option<Message<'_>> {
    let rest = line.strip_prefix("[20")?;
    let (_, rest) = rest.split_once("][")?;
    let (thread, rest) = rest.split_once("][")?;
    let (level, rest) = rest.split_once("][")?;
    let (_, text) = rest.split_once("] ")?;
    Some(Message {
        thread,
        level,
        text: text.to_owned(),
    })
}
