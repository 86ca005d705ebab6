//! The files in `sidecar/` are what the renderer gives.
//!
//! `UPDATE_EXAMPLES=1 cargo test -p spiffe-authz-envoy-config` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spiffe_authz_envoy_config::{ApplicationProtocol, InboundTransport, ecds};

use crate::fixture::{
    federated, federated_svid, filter, from_file, from_tcp_file, ledger, orders, plugin_configuration, svid,
    tcp_plugin_configuration,
};

const GENERATED: &str =
    "Rendered by `UPDATE_EXAMPLES=1 cargo test -p spiffe-authz-envoy-config`; see README.md.";

/// A file of `sidecar/`: its name, what its header says, its content.
struct Example {
    name: &'static str,
    header: &'static [&'static str],
    document: Value,
}

impl Example {
    fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("sidecar")
            .join(self.name)
    }

    fn yaml(&self) -> String {
        let header: String = self.header.iter().map(|line| format!("# {line}\n")).collect();
        // Text of several lines becomes a block, but a long line stays one: a type URL on the line of its key.
        let options = serde_saphyr::ser_options! { folded_wrap_chars: 1_000 };
        let body = serde_saphyr::to_string_with_options(&self.document, options).unwrap();
        format!("{header}# {GENERATED}\n{body}")
    }
}

fn bootstraps() -> [Example; 4] {
    [
        Example {
            name: "strict.yaml",
            header: &[
                "Envoy bootstrap of the workload `orders`: mutual TLS alone reaches the filter.",
                "It needs svid.sds.yaml, trust-bundle.sds.yaml and filter.ecds.yaml beside it.",
            ],
            document: orders(InboundTransport::Strict, from_file()).bootstrap(),
        },
        Example {
            name: "permissive.yaml",
            header: &[
                "Envoy bootstrap of the workload `orders`: plaintext reaches the filter as well, which decides on it.",
                "For migration only. It needs svid.sds.yaml, trust-bundle.sds.yaml and filter.ecds.yaml beside it.",
            ],
            document: orders(InboundTransport::Permissive, from_file()).bootstrap(),
        },
        Example {
            name: "federated.yaml",
            header: &[
                "Envoy bootstrap of the workload `orders` in a mesh that is federated with others: mutual TLS alone reaches",
                "the filter, and each trust domain is checked against its own bundle.",
                "It needs svid.sds.yaml, trust-bundles.sds.yaml and filter.ecds.yaml beside it.",
            ],
            document: federated().bootstrap(),
        },
        Example {
            name: "tcp.yaml",
            header: &[
                "Envoy bootstrap of the workload `ledger`, whose protocol is not HTTP: mutual TLS alone reaches the filter.",
                "It needs svid.sds.yaml, trust-bundle.sds.yaml and tcp-filter.ecds.yaml beside it.",
            ],
            document: ledger(InboundTransport::Strict, from_tcp_file()).bootstrap(),
        },
    ]
}

fn companions() -> [Example; 5] {
    let [svid, trust_bundle] = svid().sds_documents();
    let [_, federated_trust_bundles] = federated_svid().sds_documents();
    [
        Example {
            name: "svid.sds.yaml",
            header: &[
                "The SVID and its key; they are read again when something is moved into the watched folder.",
            ],
            document: svid.document,
        },
        Example {
            name: "trust-bundle.sds.yaml",
            header: &["The trust bundle; it is read again when something is moved into the watched folder."],
            document: trust_bundle.document,
        },
        Example {
            name: "trust-bundles.sds.yaml",
            header: &[
                "The trust bundles of federated.yaml, of each trust domain its own: a SPIFFE bundle map, which is read again",
                "when it is replaced.",
            ],
            document: federated_trust_bundles.document,
        },
        Example {
            name: "filter.ecds.yaml",
            header: &[
                "The filter and its policies. The policies stand under `configuration.value`, as JSON. Rename a new",
                "file over this one: it takes effect at once, or is refused and the old one stays in force.",
            ],
            document: ecds::document(
                &filter(from_file()),
                ApplicationProtocol::Http,
                &format!("{:#}\n", plugin_configuration()),
            ),
        },
        Example {
            name: "tcp-filter.ecds.yaml",
            header: &[
                "The filter of tcp.yaml and its policies, under `configuration.value`, as JSON. Rename a new file over",
                "this one: it takes effect on new connections at once, or is refused and the old one stays in force.",
            ],
            document: ecds::document(
                &filter(from_tcp_file()),
                ApplicationProtocol::Tcp,
                &format!("{:#}\n", tcp_plugin_configuration()),
            ),
        },
    ]
}

fn examples() -> impl Iterator<Item = Example> {
    bootstraps().into_iter().chain(companions())
}

#[test]
fn the_committed_examples_are_what_the_renderer_gives() {
    for example in examples() {
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            fs::write(example.path(), example.yaml()).unwrap();
        }
        let committed = fs::read_to_string(example.path()).unwrap_or_default();
        assert!(
            committed == example.yaml(),
            "sidecar/{} differs: run `UPDATE_EXAMPLES=1 cargo test -p spiffe-authz-envoy-config`",
            example.name
        );
    }
}

#[test]
fn the_yaml_reads_back_as_the_rendered_document() {
    for example in examples() {
        let read: Value = serde_saphyr::from_str(&example.yaml()).unwrap();
        assert_eq!(read, example.document, "{}", example.name);
    }
}

#[test]
fn no_other_file_lies_among_the_examples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sidecar");
    let rendered: Vec<_> = examples().map(|example| example.path()).collect();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            rendered.contains(&path),
            "{} is not rendered by this test",
            path.display()
        );
    }
}
