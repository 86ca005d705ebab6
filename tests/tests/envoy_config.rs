//! Envoy itself accepts every bootstrap that is rendered and every example that is committed.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilterSource, InboundTransport, Outbound, ecds_document,
};
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::identities::Identities;
use spiffe_authz_tests::envoy::orders::{self, Addresses};
use spiffe_authz_tests::policies::allow_get;
use spiffe_authz_tests::scratch::Scratch;
use spiffe_authz_tests::workspace;

fn addresses() -> Addresses {
    let [admin, inbound, application] =
        [15000, 15006, 8080].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    Addresses {
        admin,
        inbound,
        application,
    }
}

fn payments() -> Outbound {
    Outbound {
        name: "payments".to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 15101))
            .try_into()
            .expect("a loopback address"),
        peer: ([127, 0, 0, 1], 15007).into(),
        spiffe_id: "spiffe://cluster.local/ns/shop/sa/payments".to_owned(),
    }
}

fn assert_valid(bootstrap: &Path) {
    let envoy = workspace::envoy().expect("Envoy is there");
    let output = Command::new(envoy)
        .args([
            "--mode",
            "validate",
            "--disable-hot-restart",
            "--log-level",
            "warning",
            "-c",
        ])
        .arg(bootstrap)
        .output()
        .expect("Envoy starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", bootstrap.display());
    assert!(!said.contains("deprecated"), "{}: {said}", bootstrap.display());
}

/// Where the plugin configuration is, with a name for the test's files.
type Source = (&'static str, fn(&Scratch) -> FilterSource);

const SOURCES: [Source; 2] = [
    ("inline", |_| {
        FilterSource::Inline(allow_get(FRONTEND, &["/orders"]))
    }),
    ("ecds", |scratch| FilterSource::Ecds {
        path: scratch.file("filter.ecds.json").unwrap(),
    }),
];

fn assert_rendered_is_valid(
    transport: InboundTransport,
    protocol: ApplicationProtocol,
    (name, source): Source,
) {
    let scratch = Scratch::new(&format!("validate-{transport:?}-{protocol:?}-{name}")).unwrap();
    let identities = Identities::new(&scratch).unwrap();
    let mut sidecar =
        orders::sidecar(&scratch, &identities, addresses(), transport, source(&scratch)).unwrap();
    sidecar.inbound.protocol = protocol;
    sidecar.outbound = vec![payments()];
    let discovered = ecds_document(&sidecar.filter, protocol, &allow_get(FRONTEND, &["/orders"]));
    fs::write(scratch.path().join("filter.ecds.json"), discovered.to_string()).unwrap();
    let bootstrap = scratch.path().join("bootstrap.json");
    fs::write(&bootstrap, sidecar.bootstrap().to_string()).unwrap();
    assert_valid(&bootstrap);
}

const PROTOCOLS: [ApplicationProtocol; 3] = [
    ApplicationProtocol::Http,
    ApplicationProtocol::Http2,
    ApplicationProtocol::Tcp,
];

#[test]
fn every_transport_protocol_and_source_is_valid() {
    for transport in [InboundTransport::Strict, InboundTransport::Permissive] {
        for protocol in PROTOCOLS {
            for source in SOURCES {
                assert_rendered_is_valid(transport, protocol, source);
            }
        }
    }
}

/// The committed examples with their folders moved to `folder`.
fn moved_examples(folder: &Path) {
    let examples = workspace::root().join("envoy-config/sidecar");
    let here = folder.display().to_string();
    for entry in fs::read_dir(examples).expect("the examples") {
        let entry = entry.expect("an example");
        let text = fs::read_to_string(entry.path()).expect("text");
        let moved = ["/etc/spiffe-authz", "/run/spiffe-authz", "/var/log/spiffe-authz"]
            .iter()
            .fold(text, |text, there| text.replace(there, &here));
        fs::write(folder.join(entry.file_name()), moved).expect("a writable folder");
    }
}

#[test]
fn the_committed_examples_are_valid() {
    let scratch = Scratch::new("validate-examples").unwrap();
    Identities::new(&scratch).unwrap();
    fs::copy(
        workspace::filter_wasm().expect("the filter is built"),
        scratch.path().join("spiffe_authz_filter.wasm"),
    )
    .expect("a writable folder");
    moved_examples(scratch.path());
    for example in ["strict.yaml", "permissive.yaml", "federated.yaml", "tcp.yaml"] {
        assert_valid(&scratch.path().join(example));
    }
}
