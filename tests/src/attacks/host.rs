//! Attacks on the host: `secret.com` written so that the guard might not see it and the application might.

use serde_json::json;

use crate::attacks::group::{Group, NONE_DIFFERS};
use crate::attacks::peers::Presents;
use crate::attacks::policies::{allow, condition, deny, operation};
use crate::attacks::readings::percent_decoded;
use crate::attacks::station::{Polarity, Station};
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{Field, Must, Vector, Wire, request, shown};
use crate::envoy::guarded::FRONTEND;
use crate::envoy::identities::SERVER_NAME;

const PEER: &str = "frontend";
const PROTECTED: &[u8] = b"secret.com";
const MANY: usize = 500;

/// Hosts, each sent as `Host` and as `:authority`.
const HOSTS: [(&str, &[&[u8]], Must); 5] = [
    (
        "CVE-2021-39155",
        &[b"Secret.COM", b"SECRET.com", b"secret.coM"],
        Must::BeProtected,
    ),
    (
        "host-port",
        &[
            b"secret.com:443",
            b"secret.com:80",
            b"Secret.com:8080",
            b"secret.com:1",
            b"secret.com:65535",
        ],
        Must::BeProtected,
    ),
    (
        "host-port",
        &[
            b"secret.com:",
            b"secret.com:x",
            b"secret.com:0443",
            b"secret.com:99999",
            b"secret.com:443:80",
            b"secret.com:-1",
            b"secret.com: 443",
            b"secret.com:443 ",
            b"[secret.com]:80",
            b":443",
        ],
        Must::BeHarmless,
    ),
    (
        "host-dot",
        &[b"secret.com.", b"Secret.com.", b"secret.com.:443"],
        Must::BeProtected,
    ),
    (
        "host-dot",
        &[
            b"secret.com..",
            b".secret.com",
            b"secret.com.:",
            b"secret..com",
            b".",
        ],
        Must::BeHarmless,
    ),
];

/// Hosts with user information, and other forms that are read in more than one way.
const FORMS: [(&str, &[&[u8]]); 2] = [
    (
        "host-userinfo",
        &[
            b"user@secret.com",
            b"@secret.com",
            b"user:password@secret.com",
            b"user:password@secret.com:443",
            b"a@b@secret.com",
            b"secret.com@other.com",
            b"user@other.com",
            b"secret.com:443@other.com",
            b"%40secret.com",
        ],
    ),
    (
        "host-forms",
        &[
            b"secret%2ecom",
            b"secret%2Ecom",
            b"%73ecret.com",
            b"secret.com,other.com",
            b"other.com,secret.com",
            b"other.com, secret.com",
            b"secret.com/",
            b"secret.com/x",
            b"other.com/@secret.com",
            b"secret.com?",
            b"secret.com#",
            b"secret.com\\",
            b"secret.com\\@other.com",
            b"secret.com;x",
            b"secret.com x",
            b"secret.com%00",
            b"secret.com%00.other.com",
            b"[secret.com]",
            b"secret.com\xe3\x80\x82",
            b"secret\xe3\x80\x82com",
            b"\xff",
            b"",
            b"*",
            b"http://secret.com",
            b"//secret.com",
            b"\"secret.com\"",
            b"secret.com|x",
            b"secret.com\x7f",
        ],
    ),
];

/// The attacks on `secret.com`.
#[must_use]
pub fn group() -> Group {
    let (hosts, not_hosts) = (
        json!({"hosts": ["secret.com"]}),
        json!({"notHosts": ["secret.com"]}),
    );
    let (hosts, not_hosts) = (operation(hosts), operation(not_hosts));
    let refusing = |profile: &'static str| {
        [
            ("DENY hosts", deny(profile, &hosts)),
            ("ALLOW notHosts", allow(profile, &not_hosts)),
        ]
    };
    let strict = refusing("zero-trust")
        .map(|(name, configuration)| Station::new(name, configuration, Polarity::Refuses, arrives_as_secret));
    let admits = Station::new(
        "ALLOW hosts",
        allow("zero-trust", &hosts),
        Polarity::Admits,
        arrives_as_another,
    );
    let compat = refusing("istio").map(|(name, configuration)| {
        Group::pair(Station::new(
            &format!("istio, {name}"),
            configuration,
            Polarity::Refuses,
            |_| false,
        ))
    });
    Group {
        name: "host",
        strict: strict.into_iter().chain([admits]).collect(),
        compat: compat.to_vec(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: both("control", b"other.com", Must::BeOther)
            .into_iter()
            .chain(both("control", b"secret.com", Must::BeProtected))
            .collect(),
        vectors: vectors(),
    }
}

/// The server name of the handshake and the host of the request are two things.
#[must_use]
pub fn server_names() -> Group {
    let sni = |name: &str| condition(json!({"key": "connection.sni", "values": [name]}));
    let harmless = |_: &Arrival| false;
    let stations = [
        (
            "DENY another server name",
            deny("zero-trust", &sni("secret.com")),
            Polarity::Refuses,
        ),
        (
            "DENY this server name",
            deny("zero-trust", &sni(SERVER_NAME)),
            Polarity::Admits,
        ),
        (
            "ALLOW this server name",
            allow("zero-trust", &sni(SERVER_NAME)),
            Polarity::Refuses,
        ),
        (
            "ALLOW another server name",
            allow("zero-trust", &sni("secret.com")),
            Polarity::Admits,
        ),
    ];
    let hosts: [&[u8]; 4] = [
        b"secret.com",
        b"other.com",
        SERVER_NAME.as_bytes(),
        b"secret.com:443",
    ];
    Group {
        name: "server-names",
        strict: stations
            .map(|(name, configuration, polarity)| Station::new(name, configuration, polarity, harmless))
            .to_vec(),
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: both("control", SERVER_NAME.as_bytes(), Must::BeOther).to_vec(),
        vectors: hosts
            .into_iter()
            .flat_map(|host| both("CVE-2020-11767", host, Must::BeOther))
            .collect(),
    }
}

fn vectors() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (row, hosts, must) in HOSTS {
        vectors.extend(hosts.iter().flat_map(|host| both(row, host, must)));
    }
    for (row, hosts) in FORMS {
        vectors.extend(hosts.iter().flat_map(|host| both(row, host, must_of(host))));
    }
    vectors.extend(absolute_forms());
    vectors.extend(several_hosts());
    vectors
}

/// What can be read as the protected host is denied; where other.com alone is refused, it is not asked.
fn must_of(host: &[u8]) -> Must {
    if reads_as_secret(host) {
        Must::BeDenied
    } else {
        Must::BeHarmless
    }
}

fn absolute_forms() -> Vec<Vector> {
    let vector = |target: &str, host: &str, must| {
        let wire = Wire::http1(target.as_bytes(), &[(b"host", host.as_bytes())]);
        named(
            "host-absolute",
            format!("GET {target} with Host: {host}"),
            wire,
            must,
        )
    };
    vec![
        vector("http://other.com/abs", "other.com", Must::BeOther),
        vector("http://other.com/abs", "secret.com", Must::BeOther),
        vector("http://secret.com/abs", "other.com", Must::BeProtected),
        vector("http://SECRET.com:80/abs", "other.com", Must::BeProtected),
        vector("https://secret.com/abs", "other.com", Must::BeProtected),
        vector("http://secret.com", "other.com", Must::BeProtected),
        vector("http://user@secret.com/abs", "other.com", Must::BeProtected),
        vector("http://secret.com@other.com/abs", "other.com", Must::BeHarmless),
        vector("http://secret.com?x", "other.com", Must::BeHarmless),
        vector("http://other.com?@secret.com/", "other.com", Must::BeHarmless),
        vector("http://secret.com#@other.com/", "other.com", Must::BeHarmless),
        vector("http:///abs", "secret.com", Must::BeHarmless),
        vector("http:/abs", "secret.com", Must::BeHarmless),
        vector("HTTP://secret.com/abs", "other.com", Must::BeHarmless),
        vector("ftp://secret.com/abs", "other.com", Must::BeHarmless),
        vector("//secret.com/abs", "other.com", Must::BeHarmless),
    ]
}

fn several_hosts() -> Vec<Vector> {
    let row = "CVE-2026-73550";
    let line = |name: &str, host: &str| format!("{name}: {host}\r\n");
    let raw = |what: &str, lines: String| {
        let bytes = format!("GET /app HTTP/1.1\r\n{lines}\r\n").into_bytes();
        named(
            row,
            format!("{what} by HTTP/1.1"),
            Wire::Bytes(bytes),
            Must::BeHarmless,
        )
    };
    let h2 = |what: &str, more: &[Field<'_>]| {
        let pseudo: [Field<'_>; 3] = [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/app")];
        let fields: Vec<Field<'_>> = pseudo.iter().chain(more).copied().collect();
        named(
            row,
            format!("{what} by HTTP/2"),
            Wire::fields(&fields),
            Must::BeHarmless,
        )
    };
    let (other, secret): (Field<'_>, Field<'_>) = ((b":authority", b"other.com"), (b"host", b"secret.com"));
    let many = |host: &'static [u8]| -> Vec<Field<'static>> {
        let head: Field<'static> = (b":authority", b"other.com");
        [head]
            .into_iter()
            .chain((0..MANY).map(|_| (b"host".as_slice(), host)))
            .collect()
    };
    vec![
        raw(
            "Host twice",
            line("Host", "other.com") + &line("Host", "secret.com"),
        ),
        raw(
            "Host twice, the other way round",
            line("Host", "secret.com") + &line("Host", "other.com"),
        ),
        raw(
            "Host in two cases",
            line("Host", "other.com") + &line("hOsT", "secret.com"),
        ),
        raw(
            "a space before the colon",
            line("Host", "other.com") + &line("Host ", "secret.com"),
        ),
        raw("a folded Host", "Host: other.com\r\n secret.com\r\n".to_owned()),
        raw("no Host", String::new()),
        raw("many Hosts", line("Host", "secret.com").repeat(MANY)),
        raw(
            "the form of HTTP/1.0",
            line("Host", "secret.com").replace("Host", ":authority"),
        ),
        h2(":authority and host", &[other, secret]),
        h2("host and :authority", &[secret, other]),
        h2("host alone", &[secret]),
        h2(":authority twice", &[other, (b":authority", b"secret.com")]),
        h2("no authority", &[]),
        h2("an empty :authority and host", &[(b":authority", b""), secret]),
        h2("many hosts", &many(b"secret.com")),
        h2("many hosts beside their like", &many(b"other.com")),
    ]
}

fn both(row: &'static str, host: &[u8], must: Must) -> [Vector; 2] {
    let headers: [Field<'_>; 1] = [(b"host", host)];
    let name = |version: &str| format!("host `{}` by {version}", shown(host));
    [
        named(
            row,
            name("HTTP/1.1"),
            Wire::Http1(request(b"GET", b"/app", &headers)),
            must,
        ),
        named(row, name("HTTP/2"), Wire::http2(b"/app", &headers), must),
    ]
}

fn named(row: &'static str, name: String, wire: Wire, must: Must) -> Vector {
    Vector {
        row,
        name,
        peer: PEER,
        wire,
        must,
    }
}

fn arrives_as_secret(arrival: &Arrival) -> bool {
    arrival.header("host").iter().any(|host| reads_as_secret(host))
}

fn arrives_as_another(arrival: &Arrival) -> bool {
    !arrives_as_secret(arrival)
}

/// Whether a parser of hosts might find the protected one in it: in any part between delimiters, decoded or not, without
/// port, brackets, dots at its end and bytes that are no text.
fn reads_as_secret(host: &[u8]) -> bool {
    let decoded = percent_decoded(host);
    let ideographic = String::from_utf8_lossy(&decoded)
        .replace('\u{3002}', ".")
        .into_bytes();
    [host.to_vec(), decoded, ideographic].iter().any(|host| {
        let parts = host.split(|byte| byte.is_ascii_control() || b"@,/?#\\; \"|[]:".contains(byte));
        parts.into_iter().any(|part| {
            let end = part
                .iter()
                .rposition(|byte| *byte != b'.')
                .map_or(0, |last| last + 1);
            part[..end].eq_ignore_ascii_case(PROTECTED)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::reads_as_secret;

    #[test]
    fn every_form_of_the_host_is_seen_through() {
        for host in [
            "SECRET.com.:443",
            "a@secret.com",
            "secret%2ecom",
            "x, secret.com",
            "[secret.com]:1",
            "secret.com\\@x",
        ] {
            assert!(reads_as_secret(host.as_bytes()), "{host}");
        }
        for host in ["other.com", "secret.com.other.com", "xsecret.com", ""] {
            assert!(!reads_as_secret(host.as_bytes()), "{host}");
        }
    }
}
