//! What the wire and Envoy's connection manager make of headers before the first filter: what host-sim's caller has to
//! know, because there is neither on that side.

use crate::parity::headers::{Pairs, value};
use crate::parity::script::{Protocol, Script, Transport};
use crate::parity::step::Bytes;

/// A request's headers, in the order in which Envoy hands them on.
pub(crate) fn request(script: &Script, pairs: Pairs) -> Pairs {
    let order: [&str; 4] = match script.protocol {
        Protocol::Http1 | Protocol::Tcp => [":authority", ":path", ":method", ":scheme"],
        Protocol::Http2 => [":method", ":scheme", ":authority", ":path"],
    };
    let scheme = (":scheme".to_owned(), scheme(script.transport).as_bytes().to_vec());
    let all: Pairs = pairs.into_iter().chain([scheme.clone()]).collect();
    let pseudo = order
        .iter()
        .filter_map(|name| all.iter().find(|(known, _)| known == name));
    let regular = all.iter().filter(|(name, _)| !name.starts_with(':'));
    let forwarded = ("x-forwarded-proto".to_owned(), scheme.1.clone());
    pseudo.chain(regular).chain([&forwarded]).cloned().collect()
}

/// What a URL begins with.
pub(crate) fn scheme(transport: Transport) -> &'static str {
    match transport {
        Transport::Plaintext => "http",
        Transport::Mtls => "https",
    }
}

/// A response's headers: in HTTP/1.1 one of them says where the body ends.
pub(crate) fn response(protocol: Protocol, pairs: Pairs, end: bool, has_body: bool) -> Pairs {
    let framing = match (protocol, end) {
        (Protocol::Http1, true) if has_body => ("content-length", "0"),
        (Protocol::Http1, false) => ("transfer-encoding", "chunked"),
        (Protocol::Http1 | Protocol::Http2 | Protocol::Tcp, _) => return pairs,
    };
    if value(&pairs, "content-length").is_some() {
        return pairs;
    }
    let framing = (framing.0.to_owned(), framing.1.as_bytes().to_vec());
    pairs.into_iter().chain([framing]).collect()
}

/// The parts in which Envoy gets the bytes of a step: in HTTP/1.1 and in TCP a direction ends apart from its last bytes.
pub(crate) fn parts(protocol: Protocol, part: &Bytes) -> Vec<(Vec<u8>, bool)> {
    let bytes = part.meant();
    match protocol {
        Protocol::Http1 | Protocol::Tcp if part.end && !bytes.is_empty() => {
            vec![(bytes, false), (Vec::new(), true)]
        }
        Protocol::Http1 | Protocol::Http2 | Protocol::Tcp => vec![(bytes, part.end)],
    }
}

/// What Envoy's router adds to the answer of a call; how long it took is shown as `N` on both sides.
pub(crate) const SERVICE_TIME: (&str, &str) = ("x-envoy-upstream-service-time", "N");
