//! The built filter reads a peer's certificate once, by its digest, and judges it anew for every request.

use std::fs;
use std::net::SocketAddr;
use std::sync::LazyLock;

use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use spiffe_authz_host_sim::{
    Clock, Connection, EndOfStream, Limits, Module, Outcome, PeerCertificate, Plugin, PluginSetup, Simulator,
};
use spiffe_authz_pki::{DevelopmentCa, LeafRequest, OffsetDateTime};
use spiffe_authz_tests::workspace;

const FRONTEND: &str = "spiffe://cluster.local/ns/shop/sa/frontend";
/// How many certificates a VM keeps.
const KEPT: usize = 1024;

/// Compiled once.
static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let wasm = fs::read(workspace::filter_wasm().unwrap()).unwrap();
    Simulator::new(Limits::default()).unwrap().module(&wasm).unwrap()
});

/// The filter, which allows whoever has an identity.
fn plugin() -> Plugin {
    let configuration = json!({
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": [{
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "whoever", "namespace": "shop"},
            "spec": {"rules": [{}]},
        }],
    });
    let setup = PluginSetup {
        plugin_configuration: configuration.to_string().into_bytes(),
        ..PluginSetup::default()
    };
    Plugin::start(&MODULE, setup).unwrap()
}

/// A good SVID of an hour as Envoy shows it.
fn shown() -> PeerCertificate {
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let leaf = ca.issue(&LeafRequest::svid(FRONTEND)).unwrap();
    let der = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap();
    let digest = digest(&SHA256, &der);
    PeerCertificate {
        sha256_digest: digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
        pem: Some(leaf.certificate_pem.into_bytes()),
        ..PeerCertificate::valid(FRONTEND)
    }
}

/// The same certificate where Envoy shows its digest alone: only who has read it already knows what it says.
fn withheld(certificate: &PeerCertificate) -> PeerCertificate {
    PeerCertificate {
        pem: None,
        ..certificate.clone()
    }
}

/// The cause for which a request of this peer is decided.
fn cause(plugin: &mut Plugin, certificate: &PeerCertificate) -> String {
    let address = SocketAddr::from(([127, 0, 0, 1], 8080));
    let connection = Connection::mtls(address, address, certificate.clone());
    let mut stream = plugin.http_stream(connection.properties());
    let headers = [(":method", "GET"), (":authority", "orders"), (":path", "/")];
    match stream.request_headers(&headers, EndOfStream::Yes) {
        Outcome::Continue | Outcome::LocalReply(_) => {}
        other => panic!("{other:?}"),
    }
    let cause = stream.filter_state("wasm.spiffe_authz_cause").unwrap();
    stream.finish().unwrap();
    String::from_utf8(cause).unwrap()
}

#[test]
fn a_certificate_that_was_read_is_not_read_again() {
    let (mut plugin, certificate) = (plugin(), shown());
    assert_eq!(cause(&mut plugin, &withheld(&certificate)), "svid-not-shown");
    assert_eq!(cause(&mut plugin, &certificate), "matched-allow");
    for _ in 0..3 {
        assert_eq!(cause(&mut plugin, &withheld(&certificate)), "matched-allow");
    }
}

#[test]
fn another_digest_is_another_certificate() {
    let (mut plugin, certificate) = (plugin(), shown());
    assert_eq!(cause(&mut plugin, &certificate), "matched-allow");
    assert_eq!(cause(&mut plugin, &withheld(&shown())), "svid-not-shown");
}

#[test]
fn a_certificate_that_was_read_expires_all_the_same() {
    let (mut plugin, certificate) = (plugin(), shown());
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    for (seconds, expected) in [
        (0, "matched-allow"),
        (3_590, "matched-allow"),
        (3_700, "svid-expired"),
        (10, "matched-allow"),
    ] {
        plugin.set_clock(Clock::Fixed(std::time::Duration::from_secs(now + seconds)));
        assert_eq!(cause(&mut plugin, &certificate), expected, "after {seconds} s");
    }
}

#[test]
fn a_certificate_that_was_read_counts_only_where_it_was_verified() {
    let (mut plugin, certificate) = (plugin(), shown());
    assert_eq!(cause(&mut plugin, &certificate), "matched-allow");
    let unverified = PeerCertificate {
        valid: false,
        ..certificate.clone()
    };
    assert_eq!(cause(&mut plugin, &unverified), "svid-not-validated");
    assert_eq!(cause(&mut plugin, &certificate), "matched-allow");
}

#[test]
fn the_number_of_certificates_that_are_kept_is_bounded() {
    let (mut plugin, first) = (plugin(), shown());
    assert_eq!(cause(&mut plugin, &first), "matched-allow");
    let read_another = |plugin: &mut Plugin, number: usize| {
        let another = PeerCertificate {
            sha256_digest: format!("{number:064x}"),
            ..first.clone()
        };
        assert_eq!(cause(plugin, &another), "matched-allow");
    };
    for number in 1..KEPT {
        read_another(&mut plugin, number);
    }
    assert_eq!(cause(&mut plugin, &withheld(&first)), "matched-allow");
    read_another(&mut plugin, KEPT);
    assert_eq!(cause(&mut plugin, &withheld(&first)), "svid-not-shown");
    assert_eq!(cause(&mut plugin, &first), "matched-allow");
}
