//! Envoy's own keys of filter state: what a plugin can set under each, and how it reads.
//!
//! The keys are those that Envoy 1.40 names when it starts, and what each takes was measured with it.

use std::net::{IpAddr, SocketAddr};

use crate::envoy::property_value::Reading;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// Any text, which cannot be read as a property.
    HiddenText,
    /// Any text but the empty one.
    SomeText,
    /// A truth value in one of Envoy's words.
    Boolean,
    /// `true`; anything else is false.
    OnlyTrue,
    /// A number of 32 bits.
    Number32,
    /// A number of 64 bits.
    Number64,
    /// An IP address, which reads with port 0.
    Ip,
    /// An IP address with a port, which has no text as a property.
    Address,
    /// A host and an address, with a comma between them; cannot be read as a property.
    Proxy,
    /// A word of an enum that no documentation lists: nothing is taken.
    Unlisted,
}

const KEYS: [(&str, Kind); 21] = [
    ("envoy.ai.llm_protocol.request", Kind::Unlisted),
    ("envoy.ai.model.request", Kind::SomeText),
    ("envoy.bool", Kind::Boolean),
    ("envoy.filters.listener.original_dst.local_ip", Kind::Address),
    ("envoy.filters.listener.original_dst.remote_ip", Kind::Address),
    ("envoy.hashable_string", Kind::Text),
    ("envoy.network.application_protocols", Kind::HiddenText),
    ("envoy.network.ip", Kind::Ip),
    ("envoy.network.network_namespace", Kind::Text),
    ("envoy.network.transport_socket.http_11_proxy.info", Kind::Proxy),
    (
        "envoy.network.transport_socket.original_dst_address",
        Kind::Address,
    ),
    ("envoy.network.upstream_server_name", Kind::Text),
    ("envoy.network.upstream_subject_alt_names", Kind::Text),
    ("envoy.ratelimit.hits_addend", Kind::Number32),
    ("envoy.router.debug_config", Kind::HiddenText),
    ("envoy.string", Kind::Text),
    ("envoy.tcp_proxy.cluster", Kind::Text),
    ("envoy.tcp_proxy.disable_tunneling", Kind::OnlyTrue),
    ("envoy.tcp_proxy.per_connection_idle_timeout_ms", Kind::Number64),
    ("envoy.upstream.dynamic_host", Kind::Text),
    ("envoy.upstream.dynamic_port", Kind::Number32),
];

impl Kind {
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let found = KEYS.iter().find(|(known, _)| *known == key);
        found.map(|(_, kind)| *kind)
    }

    /// The text that Envoy makes of a value; `None` where the key does not take it.
    pub(crate) fn object(self, value: &str) -> Option<String> {
        match self {
            Self::Text | Self::HiddenText => Some(value.to_owned()),
            Self::SomeText => (!value.is_empty()).then(|| value.to_owned()),
            Self::Boolean => boolean(value).map(|truth| truth.to_string()),
            Self::OnlyTrue => Some((value == "true").to_string()),
            Self::Number32 => value
                .trim_ascii()
                .parse::<u32>()
                .ok()
                .map(|number| number.to_string()),
            Self::Number64 => value
                .trim_ascii()
                .parse::<u64>()
                .ok()
                .map(|number| number.to_string()),
            Self::Ip => value
                .parse()
                .ok()
                .map(|ip: IpAddr| SocketAddr::new(ip, 0).to_string()),
            Self::Address => value.parse().ok().map(|address: SocketAddr| address.to_string()),
            Self::Proxy => proxy(value).then(|| value.to_owned()),
            Self::Unlisted => None,
        }
    }
}

/// How what is set under a key reads as a property.
pub(crate) fn reading(key: &[u8], bytes: &[u8]) -> Reading {
    let kind = std::str::from_utf8(key).ok().and_then(Kind::of_key);
    match kind {
        Some(Kind::HiddenText | Kind::Proxy | Kind::Unlisted) => Reading::Absent,
        // It is a map to the expression language, of which Envoy writes no pairs.
        Some(Kind::Address) => Reading::Bytes(vec![0; 4]),
        Some(Kind::Text | Kind::SomeText | Kind::Boolean | Kind::OnlyTrue) => Reading::Bytes(bytes.to_vec()),
        Some(Kind::Number32 | Kind::Number64 | Kind::Ip) | None => Reading::Bytes(bytes.to_vec()),
    }
}

fn boolean(value: &str) -> Option<bool> {
    let is = |words: [&str; 5]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    match (
        is(["true", "t", "yes", "y", "1"]),
        is(["false", "f", "no", "n", "0"]),
    ) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

fn proxy(value: &str) -> bool {
    let parts = value.split_once(',');
    parts.is_some_and(|(host, address)| {
        !host.trim_ascii().is_empty() && address.trim_ascii().parse::<SocketAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, value: &str) -> Option<String> {
        Kind::of_key(key).unwrap().object(value)
    }

    #[test]
    fn each_key_takes_what_envoy_takes() {
        let table = [
            ("envoy.string", "", Some("")),
            ("envoy.ai.model.request", "", None),
            ("envoy.ai.model.request", "m", Some("m")),
            ("envoy.ai.llm_protocol.request", "text", None),
            ("envoy.bool", "TRUE", Some("true")),
            ("envoy.bool", "1", Some("true")),
            ("envoy.bool", "false", Some("false")),
            ("envoy.bool", "7", None),
            ("envoy.tcp_proxy.disable_tunneling", "true", Some("true")),
            ("envoy.tcp_proxy.disable_tunneling", "TRUE", Some("false")),
            ("envoy.upstream.dynamic_port", " 7", Some("7")),
            ("envoy.upstream.dynamic_port", "-1", None),
            ("envoy.upstream.dynamic_port", "99999999999", None),
            (
                "envoy.tcp_proxy.per_connection_idle_timeout_ms",
                "99999999999",
                Some("99999999999"),
            ),
            ("envoy.network.ip", "1.2.3.4", Some("1.2.3.4:0")),
            ("envoy.network.ip", "::1", Some("[::1]:0")),
            ("envoy.network.ip", "1.2.3.4:80", None),
            (
                "envoy.filters.listener.original_dst.local_ip",
                "1.2.3.4:80",
                Some("1.2.3.4:80"),
            ),
            (
                "envoy.filters.listener.original_dst.local_ip",
                "[::1]:80",
                Some("[::1]:80"),
            ),
            (
                "envoy.filters.listener.original_dst.local_ip",
                "1.2.3.4:99999",
                None,
            ),
            (
                "envoy.network.transport_socket.http_11_proxy.info",
                "host:1,1.2.3.4:5",
                Some("host:1,1.2.3.4:5"),
            ),
            ("envoy.network.transport_socket.http_11_proxy.info", "text", None),
        ];
        for (key, value, expected) in table {
            assert_eq!(object(key, value).as_deref(), expected, "{key} {value}");
        }
    }

    #[test]
    fn only_envoys_own_keys_are_known() {
        assert_eq!(Kind::of_key("wasm.x"), None);
        assert_eq!(Kind::of_key(""), None);
    }
}
