//! Attacks on the identity: certificates, headers and filter state by which a peer claims to be the workload `admin`.

use serde_json::{Value, json};
use spiffe_authz_pki::LeafRequest;

use crate::attacks::attackers::{Attacker, attackers, names};
use crate::attacks::group::{Group, NONE_DIFFERS};
use crate::attacks::peers::Presents;
use crate::attacks::policies::{Rule, allow, condition, deny, permissive, source};
use crate::attacks::station::{Polarity, Station, each_connection_manager};
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{Field, Must, Vector, Wire};

pub(super) const ADMIN: &str = "spiffe://cluster.local/ns/prod/sa/admin";
pub(super) const EVIL: &str = "spiffe://cluster.local/ns/shop/sa/evil";
pub(super) const PRINCIPAL: &str = "cluster.local/ns/prod/sa/admin";
/// The key under which a waypoint hands on who its peer is.
const HANDED_ON: &str = "io.istio.peer_principal";

/// Profile istio goes by the first URI SAN that Envoy reports; native RBAC by any, and by DNS SANs where none matches.
const FIRST_URI_SAN_ALONE: &[&str] = &["multi-uri-san", "dns-san-fallback"];

/// Certificates that speak of `admin` and are not its SVID, against exact principals.
#[must_use]
pub fn principals() -> Group {
    let is = source(json!({"principals": [PRINCIPAL]}));
    let is_not = source(json!({"notPrincipals": [PRINCIPAL]}));
    let mut group = of_attackers(
        "identity-principals",
        stations("principals", &is, &is_not),
        attackers(),
    );
    group.compat = in_profile_istio("principals", &is, &is_not);
    group.differs = FIRST_URI_SAN_ALONE;
    group.vectors.extend(spoofed_headers());
    group
}

/// The same certificates against a principal by its end.
#[must_use]
pub fn suffixes() -> Group {
    let is = source(json!({"principals": ["*/sa/admin"]}));
    let is_not = source(json!({"notPrincipals": ["*/sa/admin"]}));
    let row = "CVE-2020-16844";
    let svid = Presents::svid;
    let attackers = vec![
        ("admin", svid(ADMIN), row, Must::BeProtected),
        (
            "admin of a partner",
            svid("spiffe://partner/ns/prod/sa/admin"),
            row,
            Must::BeProtected,
        ),
        ("evil", svid(EVIL), row, Must::BeOther),
        (
            "administrator",
            svid("spiffe://cluster.local/ns/prod/sa/administrator"),
            row,
            Must::BeOther,
        ),
        (
            "an admin of another kind",
            svid("spiffe://cluster.local/ns/prod/sa/x-admin"),
            row,
            Must::BeOther,
        ),
        (
            "evil and admin in one name",
            svid(&format!("{EVIL},{ADMIN}")),
            "joined-sans",
            Must::BeDenied,
        ),
        (
            "admin, dropped by a NUL",
            svid(&format!("{EVIL}\0/sa/admin")),
            "CVE-2025-66220",
            Must::BeDenied,
        ),
        (
            "evil with a query",
            svid(&format!("{EVIL}?/sa/admin")),
            "malformed-ids",
            Must::BeDenied,
        ),
        (
            "evil with a fragment",
            svid(&format!("{EVIL}#/sa/admin")),
            "malformed-ids",
            Must::BeDenied,
        ),
        (
            "evil with an escaped slash",
            svid(&format!("{EVIL}%2Fsa/admin")),
            "malformed-ids",
            Must::BeDenied,
        ),
        (
            "a dot segment",
            svid("spiffe://cluster.local/ns/shop/../sa/admin"),
            "malformed-ids",
            Must::BeDenied,
        ),
        (
            "an empty segment",
            svid("spiffe://cluster.local/ns/shop//sa/admin"),
            "malformed-ids",
            Must::BeDenied,
        ),
    ];
    let mut group = of_attackers("identity-suffixes", stations("suffix", &is, &is_not), attackers);
    group.compat = in_profile_istio("suffix", &is, &is_not);
    group
}

/// Fields that read a namespace or a service account out of a SPIFFE ID.
#[must_use]
pub fn namespaces() -> Group {
    let fields = [
        (
            "namespaces",
            json!({"namespaces": ["prod"]}),
            json!({"notNamespaces": ["prod"]}),
        ),
        (
            "serviceAccounts",
            json!({"serviceAccounts": ["prod/admin"]}),
            json!({"notServiceAccounts": ["prod/admin"]}),
        ),
    ];
    let (ns, td) = ("namespace-shape", "trust-domain-ignored");
    let svid = Presents::svid;
    let attackers = vec![
        ("admin", svid(ADMIN), ns, Must::BeProtected),
        ("evil", svid(EVIL), ns, Must::BeOther),
        (
            "admin below evil",
            svid("spiffe://cluster.local/ns/evil/sa/m/ns/prod/sa/admin"),
            ns,
            Must::BeDenied,
        ),
        (
            "evil below admin",
            svid("spiffe://cluster.local/ns/prod/sa/admin/ns/evil/sa/m"),
            ns,
            Must::BeDenied,
        ),
        (
            "more behind admin",
            svid("spiffe://cluster.local/ns/prod/sa/admin/x"),
            ns,
            Must::BeDenied,
        ),
        (
            "more before admin",
            svid("spiffe://cluster.local/x/ns/prod/sa/admin"),
            ns,
            Must::BeDenied,
        ),
        (
            "admin of a partner",
            svid("spiffe://partner/ns/prod/sa/admin"),
            td,
            Must::BeDenied,
        ),
        (
            "admin of a domain below",
            svid("spiffe://x.cluster.local/ns/prod/sa/admin"),
            td,
            Must::BeDenied,
        ),
        (
            "evil of a partner",
            svid("spiffe://partner/ns/shop/sa/evil"),
            td,
            Must::BeHarmless,
        ),
        (
            "two names",
            Presents::Leaf(Box::new(names(&[EVIL, ADMIN]))),
            "multi-uri-san",
            Must::BeDenied,
        ),
        (
            "an empty namespace",
            svid("spiffe://cluster.local/ns//sa/"),
            "ztunnel-identity",
            Must::BeDenied,
        ),
    ];
    let mut strict = Vec::new();
    let mut compat = Vec::new();
    for (name, is, is_not) in fields {
        let (is, is_not) = (source(is), source(is_not));
        strict.extend(stations(name, &is, &is_not));
        compat.extend(in_profile_istio(name, &is, &is_not));
    }
    let mut group = of_attackers("identity-namespaces", strict, attackers);
    group.compat = compat;
    group.differs = FIRST_URI_SAN_ALONE;
    group
}

/// A name with a dot, and its neighbours: no policy text becomes an expression in which a dot is any character.
#[must_use]
pub fn dots() -> Group {
    let row = "CVE-2026-39350";
    let is = source(json!({"serviceAccounts": ["prod/cert-manager.io"]}));
    let is_not = source(json!({"notServiceAccounts": ["prod/cert-manager.io"]}));
    let id = |name: &str| Presents::svid(&format!("spiffe://cluster.local/ns/prod/sa/{name}"));
    let attackers = vec![
        ("admin", id("cert-manager.io"), row, Must::BeProtected),
        ("evil", id("cert-managerXio"), row, Must::BeOther),
        ("cert-manager-io", id("cert-manager-io"), row, Must::BeOther),
        ("cert-manager.ioX", id("cert-manager.ioX"), row, Must::BeOther),
        ("Xcert-manager.io", id("Xcert-manager.io"), row, Must::BeOther),
    ];
    of_attackers(
        "identity-dots",
        stations("serviceAccounts", &is, &is_not),
        attackers,
    )
}

/// A star that does not stand behind a slash.
#[must_use]
pub fn prefixes() -> Group {
    let row = "prefix-principal";
    let is = source(json!({"principals": ["cluster.local/ns/foo*"]}));
    let is_not = source(json!({"notPrincipals": ["cluster.local/ns/foo*"]}));
    let id = |namespace: &str| Presents::svid(&format!("spiffe://cluster.local/ns/{namespace}/sa/x"));
    let attackers = vec![
        ("admin", id("foo"), row, Must::BeProtected),
        ("foobar", id("foobar"), row, Must::BeProtected),
        ("evil", id("fo"), row, Must::BeOther),
        ("xfoo", id("xfoo"), row, Must::BeOther),
    ];
    let mut group = of_attackers("identity-prefixes", stations("prefix", &is, &is_not), attackers);
    group.compat = in_profile_istio("prefix", &is, &is_not);
    group
}

/// Plaintext where it is taken: no identity, whatever the policy makes of that.
#[must_use]
pub fn plaintext() -> Group {
    let admin = json!([PRINCIPAL]);
    let rules = [
        ("DENY principals", true, json!({"principals": admin})),
        ("ALLOW notPrincipals", false, json!({"notPrincipals": admin})),
        ("ALLOW principals: *", false, json!({"principals": ["*"]})),
        ("ALLOW notNamespaces", false, json!({"notNamespaces": ["prod"]})),
        (
            "ALLOW notServiceAccounts",
            false,
            json!({"notServiceAccounts": ["prod/admin"]}),
        ),
    ];
    let configuration = |profile: &str, denies: &bool, fields: &Value| {
        let rule = source(fields.clone());
        permissive(if *denies {
            deny(profile, &rule)
        } else {
            allow(profile, &rule)
        })
    };
    let strict = rules.iter().map(|(name, denies, fields)| {
        Station::new(
            name,
            configuration("zero-trust", denies, fields),
            Polarity::Refuses,
            nothing,
        )
    });
    let compat = rules.iter().map(|(name, denies, fields)| {
        let configuration = configuration("istio", denies, fields);
        Group::pair(Station::new(
            &format!("istio, {name}"),
            configuration,
            Polarity::Refuses,
            nothing,
        ))
    });
    let spoofed: Field<'_> = (
        b"x-forwarded-client-cert",
        b"By=x;Hash=00;URI=spiffe://cluster.local/ns/shop/sa/evil",
    );
    let row = "notPrincipals-plaintext";
    let vector = |name: &str, wire| Vector {
        row,
        name: name.to_owned(),
        peer: "nobody",
        wire,
        must: Must::BeDenied,
    };
    Group {
        name: "identity-plaintext",
        strict: strict.collect(),
        compat: compat.collect(),
        differs: NONE_DIFFERS,
        peers: vec![("nobody", Presents::Nothing), ("evil", Presents::svid(EVIL))],
        controls: by_both("control", "evil", Must::BeOther).to_vec(),
        vectors: vec![
            vector("plaintext", Wire::http1(b"/app", &[])),
            vector("plaintext with XFCC", Wire::http1(b"/app", &[spoofed])),
            vector("plaintext by HTTP/2", Wire::http2(b"/app", &[])),
        ],
    }
}

/// A listener that takes certificates of any issuer and leaves it to the filters.
#[must_use]
pub fn untrusted() -> Group {
    let row = "accept-untrusted";
    let is = source(json!({"principals": [PRINCIPAL]}));
    let is_not = source(json!({"notPrincipals": [PRINCIPAL]}));
    let mut strict = stations("principals", &is, &is_not);
    let everybody = Station::new(
        "ALLOW everybody",
        allow("zero-trust", &json!({})),
        Polarity::Refuses,
        nothing,
    );
    strict.push(everybody);
    for station in &mut strict {
        station.change = accept_untrusted;
    }
    let stranger = |id: &str| Presents::StrangersLeaf(Box::new(LeafRequest::svid(id)));
    let mut expired = LeafRequest::svid(ADMIN);
    expired.not_after = expired.not_before;
    let peers = [
        ("admin of another CA", stranger(ADMIN)),
        ("evil of another CA", stranger(EVIL)),
        (
            "admin of another CA, expired",
            Presents::StrangersLeaf(Box::new(expired)),
        ),
    ];
    let vectors = peers
        .iter()
        .flat_map(|(name, _)| by_both(row, name, Must::BeDenied))
        .collect();
    Group {
        name: "identity-untrusted",
        strict: strict
            .into_iter()
            .filter(|station| station.polarity == Polarity::Refuses)
            .collect(),
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: peers
            .into_iter()
            .chain([("evil", Presents::svid(EVIL))])
            .collect(),
        controls: by_both("control", "evil", Must::BeOther).to_vec(),
        vectors,
    }
}

/// Another filter writes who the peer is, out of a header.
#[must_use]
pub fn filter_state() -> Group {
    let is = source(json!({"principals": [PRINCIPAL]}));
    let is_not = source(json!({"notPrincipals": [PRINCIPAL]}));
    let mut strict = stations("principals", &is, &is_not);
    for station in &mut strict {
        station.configuration = permissive(station.configuration.clone());
        station.change = write_filter_state;
    }
    let row = "filter-state-spoof";
    let forged = [
        ADMIN,
        "-",
        "",
        "spiffe://cluster.local/ns/shop/sa/evil,spiffe://cluster.local/ns/prod/sa/admin",
    ];
    let vectors = forged.iter().flat_map(|forged| {
        let header: Field<'_> = (b"x-forged", forged.as_bytes());
        let vector = |peer, must| {
            let name = format!("{peer} says `{forged}`");
            Vector {
                row,
                name,
                peer,
                wire: Wire::http1(b"/app", &[header]),
                must,
            }
        };
        [vector("evil", Must::BeOther), vector("nobody", Must::BeDenied)]
    });
    Group {
        name: "identity-filter-state",
        strict,
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: vec![("nobody", Presents::Nothing), ("evil", Presents::svid(EVIL))],
        controls: by_both("control", "evil", Must::BeOther).to_vec(),
        vectors: vectors.collect(),
    }
}

/// Every principal that is not a request's alone: a token that was never verified.
#[must_use]
pub fn tokens() -> Group {
    let row = "jwt-defaults";
    let anybody = json!({"requestPrincipals": ["*"]});
    let nobody_but = json!({"notRequestPrincipals": ["https://issuer/admin"]});
    let claim = json!({"key": "request.auth.claims[role]", "values": ["admin"]});
    let stations = [
        (
            "ALLOW requestPrincipals: *",
            allow("zero-trust", &source(anybody)),
            Polarity::Admits,
        ),
        (
            "ALLOW claim",
            allow("zero-trust", &condition(claim)),
            Polarity::Admits,
        ),
        (
            "ALLOW notRequestPrincipals",
            allow("zero-trust", &source(nobody_but)),
            Polarity::Refuses,
        ),
    ];
    let tokens: [&[u8]; 4] = [
        b"Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lzc3VlciIsInN1YiI6ImFkbWluIiwicm9sZSI6ImFkbWluIn0.",
        b"Bearer x",
        b"Bearer ",
        b"",
    ];
    let vectors = tokens.iter().map(|token| Vector {
        row,
        name: format!("authorization: {}", crate::attacks::vector::shown(token)),
        peer: "evil",
        wire: Wire::http1(b"/app", &[(b"authorization", token)]),
        must: Must::BeOther,
    });
    Group {
        name: "identity-tokens",
        strict: stations
            .map(|(name, configuration, polarity)| Station::new(name, configuration, polarity, nothing))
            .to_vec(),
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: vec![("evil", Presents::svid(EVIL))],
        controls: by_both("control", "evil", Must::BeOther).to_vec(),
        vectors: vectors.collect(),
    }
}

/// Headers in which an application or a proxy might look for an identity, from a peer that is not admin.
fn spoofed_headers() -> Vec<Vector> {
    let forged = [
        ("x-forwarded-client-cert", format!("URI={ADMIN}")),
        (
            "x-forwarded-client-cert",
            format!("By={ADMIN};Hash=00;Subject=\"\";URI={ADMIN}"),
        ),
        ("x-forwarded-client-cert", format!("URI={EVIL},URI={ADMIN}")),
        ("X-Forwarded-Client-Cert", format!("URI={ADMIN}")),
        ("x-spiffe-id", ADMIN.to_owned()),
        ("x-envoy-peer-metadata-id", ADMIN.to_owned()),
        ("io.istio.peer-principal", ADMIN.to_owned()),
        ("baggage", format!("source.principal={ADMIN}")),
        ("forwarded", format!("for=\"{ADMIN}\"")),
    ];
    let vectors = forged.iter().flat_map(|(name, value)| {
        let field: Field<'_> = (name.as_bytes(), value.as_bytes());
        [("evil", Must::BeOther), ("admin", Must::BeProtected)].map(|(peer, must)| Vector {
            row: "xfcc-spoof",
            name: format!("{peer} says {name}: {value}"),
            peer,
            wire: Wire::http1(b"/app", &[field]),
            must,
        })
    });
    vectors.collect()
}

fn of_attackers(name: &'static str, strict: Vec<Station>, attackers: Vec<Attacker>) -> Group {
    let vectors = attackers
        .iter()
        .flat_map(|(peer, _, row, must)| by_both(row, peer, *must))
        .collect();
    let controls = [("evil", Must::BeOther), ("admin", Must::BeProtected)];
    Group {
        name,
        strict,
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: attackers
            .into_iter()
            .map(|(peer, presents, _, _)| (peer, presents))
            .collect(),
        controls: controls
            .iter()
            .flat_map(|(peer, must)| by_both("control", peer, *must))
            .collect(),
        vectors,
    }
}

fn by_both(row: &'static str, peer: &'static str, must: Must) -> [Vector; 2] {
    [
        ("HTTP/1.1", Wire::http1(b"/app", &[])),
        ("HTTP/2", Wire::http2(b"/app", &[])),
    ]
    .map(|(version, wire)| Vector {
        row,
        name: format!("{peer} by {version}"),
        peer,
        wire,
        must,
    })
}

/// DENY who is named, ALLOW all but who is named, ALLOW who is named alone.
fn stations(what: &str, is: &Rule, is_not: &Rule) -> Vec<Station> {
    vec![
        Station::new(
            &format!("DENY {what}"),
            deny("zero-trust", is),
            Polarity::Refuses,
            brings_forged_certificate,
        ),
        Station::new(
            &format!("ALLOW but {what}"),
            allow("zero-trust", is_not),
            Polarity::Refuses,
            brings_forged_certificate,
        ),
        Station::new(
            &format!("ALLOW {what}"),
            allow("zero-trust", is),
            Polarity::Admits,
            nothing,
        ),
    ]
}

fn in_profile_istio(what: &str, is: &Rule, is_not: &Rule) -> Vec<(Station, Station)> {
    [
        ("DENY", deny("istio", is)),
        ("ALLOW but", allow("istio", is_not)),
        ("ALLOW", allow("istio", is)),
    ]
    .map(|(action, configuration)| {
        Group::pair(Station::new(
            &format!("istio, {action} {what}"),
            configuration,
            Polarity::Refuses,
            nothing,
        ))
    })
    .to_vec()
}

fn nothing(_: &Arrival) -> bool {
    false
}

/// Where admin is refused, no request may tell the application that it comes from admin.
fn brings_forged_certificate(arrival: &Arrival) -> bool {
    let claim = format!("URI={ADMIN}").into_bytes();
    let values = arrival.header("x-forwarded-client-cert");
    values
        .iter()
        .any(|value| value.split(|byte| b",;".contains(byte)).any(|part| part == claim))
}

/// Certificates that chain to no trusted root get through the handshake.
fn accept_untrusted(listener: &mut Value) {
    for chain in listener["filter_chains"].as_array_mut().into_iter().flatten() {
        let Some(context) = chain.pointer_mut("/transport_socket/typed_config/common_tls_context") else {
            continue;
        };
        let secret = context["validation_context_sds_secret_config"].take();
        context["combined_validation_context"] = json!({
            "default_validation_context": {"trust_chain_verification": "ACCEPT_UNTRUSTED"},
            "validation_context_sds_secret_config": secret,
        });
    }
}

/// In front of the filter another one writes the key of waypoints out of a header.
fn write_filter_state(listener: &mut Value) {
    let filter = json!({
        "name": "forger",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "on_request_headers": [{
                "object_key": HANDED_ON,
                "factory_key": "envoy.string",
                "format_string": {"text_format_source": {"inline_string": "%REQ(x-forged)%"}},
            }],
        },
    });
    each_connection_manager(listener, |manager| {
        if let Some(filters) = manager["http_filters"].as_array_mut() {
            filters.insert(0, filter.clone());
        }
    });
}
