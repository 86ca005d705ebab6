//! [`Cost`]: what one request or connection costs.

use std::collections::BTreeMap;
use std::fmt;

use spiffe_authz_host_sim::{Callback, EndOfStream, Outcome, Plugin, TcpOutcome};

use crate::measured::Sent;

/// Every callback of a stream.
const CALLBACKS: [Callback; 7] = [
    Callback::ContextCreate,
    Callback::RequestHeaders,
    Callback::NewConnection,
    Callback::DownstreamData,
    Callback::Done,
    Callback::Log,
    Callback::Delete,
];
/// How often bytes come on a TCP connection.
const CHUNKS: usize = 3;

/// Fuel and hostcalls of a stream from its first callback to its last.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cost {
    pub fuel: u64,
    pub hostcalls: BTreeMap<&'static str, u64>,
    pub is_allowed: bool,
}

impl Cost {
    /// These hostcalls, each with how often it is made.
    pub fn of_hostcalls(hostcalls: &[(&'static str, u64)]) -> Self {
        Self {
            hostcalls: hostcalls.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// Sends a request through the filter.
    pub fn of_request(plugin: &mut Plugin, sent: &Sent) -> Self {
        let mut stream = plugin.http_stream(sent.properties.clone());
        let is_allowed = match stream.request_headers(&sent.headers, EndOfStream::Yes) {
            Outcome::Continue => true,
            Outcome::LocalReply(_) => false,
            other => panic!("{other:?}"),
        };
        stream.finish().unwrap();
        Self {
            fuel: CALLBACKS.iter().map(|callback| stream.fuel(*callback)).sum(),
            hostcalls: stream.hostcalls(),
            is_allowed,
        }
    }

    /// Opens a connection and sends bytes over it.
    pub fn of_tcp_connection(plugin: &mut Plugin, sent: &Sent) -> Self {
        let mut stream = plugin.tcp_stream(sent.properties.clone());
        assert_eq!(stream.new_connection(), TcpOutcome::Continue);
        for _ in 0..CHUNKS {
            assert_eq!(
                stream.downstream_data("bytes", EndOfStream::No),
                TcpOutcome::Continue
            );
        }
        stream.finish().unwrap();
        Self {
            fuel: CALLBACKS.iter().map(|callback| stream.fuel(*callback)).sum(),
            hostcalls: stream.hostcalls(),
            is_allowed: true,
        }
    }

    /// The mean of costs that make the same hostcalls.
    pub fn mean(costs: &[Self]) -> Self {
        let [first, others @ ..] = costs else {
            return Self::default();
        };
        for other in others {
            assert_eq!(other.hostcalls, first.hostcalls);
        }
        let sum: u64 = costs.iter().map(|cost| cost.fuel).sum();
        Self {
            fuel: sum / u64::try_from(costs.len()).unwrap(),
            ..first.clone()
        }
    }

    /// How many hostcalls there are.
    pub fn hostcall_count(&self) -> u64 {
        self.hostcalls.values().sum()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.hostcalls.iter().map(|(name, count)| {
            let name = name.strip_prefix("proxy_").unwrap_or(name);
            format!("{count} {name}")
        });
        let names: Vec<_> = names.collect();
        write!(
            formatter,
            "{:>9} {:>3}: {}",
            self.fuel,
            self.hostcall_count(),
            names.join(", ")
        )
    }
}
