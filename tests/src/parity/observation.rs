//! [`Observation`]: all that one side showed, as lines that the other side must show too.

use std::collections::BTreeMap;

use crate::parity::endpoint::{End, Received};
use crate::parity::headers::Pairs;

/// What is left out, because it must differ: the time, and how HTTP/1.1 frames a body.
const NOT_COMPARED: [&str; 4] = ["connection", "date", "keep-alive", "transfer-encoding"];

/// What the access log is taken to say of a stream whose client went away, however it did.
pub(crate) const CLIENT_WENT: &str = "the client went away";

/// The longest body that is shown whole.
const LONGEST_BODY: usize = 200;

/// All that one side showed so far.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Observation {
    /// The plugin is refused: there is nothing else to show.
    pub refused: bool,
    /// What the plugin logged, and the callbacks that trapped.
    pub log: Vec<String>,
    /// Each stream, in the order in which they began.
    pub streams: Vec<StreamSeen>,
    /// What reached the upstreams of HTTP and gRPC calls, in order.
    pub calls: Vec<Received>,
    /// The plugins' metrics.
    pub metrics: BTreeMap<String, String>,
}

/// A stream from outside.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StreamSeen {
    /// Its name in the script.
    pub name: String,
    /// What the client got.
    pub client: Received,
    /// What the upstream got; `None` where nothing came.
    pub upstream: Option<Received>,
    /// `%RESPONSE_CODE_DETAILS%` and filter state, once it is over.
    pub access_log: Vec<String>,
}

impl Observation {
    /// Of a plugin that is refused.
    #[must_use]
    pub fn refused() -> Self {
        Self {
            refused: true,
            ..Self::default()
        }
    }

    /// All of it as text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        if self.refused {
            return vec!["# the plugin is refused".to_owned()];
        }
        let mut lines = vec!["# log".to_owned()];
        lines.extend(self.log.iter().cloned());
        for stream in &self.streams {
            lines.push(format!("# stream {}", stream.name));
            lines.extend(received("the client got", &stream.client));
            match &stream.upstream {
                Some(upstream) => lines.extend(received("the upstream got", upstream)),
                None => lines.push("the upstream got nothing".to_owned()),
            }
            lines.extend(stream.access_log.iter().cloned());
        }
        for call in &self.calls {
            lines.push("# call".to_owned());
            lines.extend(received("the call's upstream got", call));
        }
        lines.push("# metrics".to_owned());
        lines.extend(
            self.metrics
                .iter()
                .map(|(name, value)| format!("{name} = {value}")),
        );
        lines
    }
}

fn received(whose: &str, received: &Received) -> Vec<String> {
    let end = match received.end {
        End::Open => "no end yet",
        End::Complete => "the end",
        End::Broken => "a broken stream",
    };
    let mut lines = Vec::new();
    if let Some(headers) = &received.headers {
        lines.extend(pairs(&format!("{whose} header"), headers));
    }
    if !received.body.is_empty() {
        lines.push(format!("{whose} body {}", body(&received.body)));
    }
    if let Some(trailers) = &received.trailers {
        lines.extend(pairs(&format!("{whose} trailer"), trailers));
    }
    lines.push(format!("{whose} {end}"));
    lines
}

/// Sorted by name: HTTP gives no meaning to the order of different names, and the wire's is nobody's choice.
fn pairs(whose: &str, pairs: &Pairs) -> Vec<String> {
    let compared = pairs.iter().filter(|(name, value)| is_compared(name, value));
    let mut sorted: Vec<_> = compared.collect();
    sorted.sort_by_key(|(name, _)| name);
    sorted
        .iter()
        .map(|(name, value)| format!("{whose} {name}: {}", value.escape_ascii()))
        .collect()
}

fn is_compared(name: &str, value: &[u8]) -> bool {
    // Without a body the header is there in HTTP/1.1 and not in HTTP/2; `x-envoy-` is what Envoy tells of itself.
    let framing = name == "content-length" && value == b"0";
    !framing && !NOT_COMPARED.contains(&name) && !name.starts_with("x-envoy-")
}

fn body(bytes: &[u8]) -> String {
    if bytes.len() <= LONGEST_BODY {
        return format!("\"{}\"", bytes.escape_ascii());
    }
    let (head, tail) = (&bytes[..32], &bytes[bytes.len() - 32..]);
    format!(
        "\"{}..{}\" of {} bytes",
        head.escape_ascii(),
        tail.escape_ascii(),
        bytes.len()
    )
}
