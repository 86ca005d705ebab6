//! What `up` tells the user: where everything is, and commands to paste.

use std::path::Path;

use crate::layout::Layout;
use crate::state::State;
use crate::workload::Workload;

/// The text after a successful start.
#[must_use]
pub fn guide(layout: &Layout, state: &State) -> String {
    format!(
        "\n{}\n{}\n{}\n{}",
        addresses(state),
        requests(layout, state),
        policies(layout),
        ending(layout)
    )
}

fn addresses(state: &State) -> String {
    let mut text = String::from("The mesh is up:\n");
    for workload in Workload::ALL {
        let addresses = state.topology.of(workload);
        let (inbound, admin) = (addresses.inbound, addresses.admin);
        text.push_str(&format!(
            "  {:<9} {inbound}   admin http://{admin}/\n",
            workload.name()
        ));
    }
    text
}

fn requests(layout: &Layout, state: &State) -> String {
    let orders = state.topology.of(Workload::Orders).inbound;
    let payments = state.topology.of(Workload::Payments).inbound;
    let as_frontend = outbound(state, Workload::Frontend, Workload::Orders);
    let as_payments = outbound(state, Workload::Payments, Workload::Orders);
    let svid = spiffe_authz_pki::SvidDirectory::new(layout.svid(Workload::Frontend));
    let (certificate, key) = (svid.certificate(), svid.private_key());
    let (certificate, key) = (quoted(&certificate), quoted(&key));
    format!(
        "As frontend, through its Envoy: allowed, then denied for its method and for its path\n  \
           curl http://{as_frontend}/orders/7\n  \
           curl -X DELETE http://{as_frontend}/orders/7\n  \
           curl --path-as-is http://{as_frontend}/orders/../admin\n\
         As payments, through its Envoy: denied\n  \
           curl http://{as_payments}/orders/7\n\
         With frontend's SVID, straight to orders: allowed (curl knows no SPIFFE IDs, hence --insecure; the\n\
         Envoys do check each other)\n  \
           curl --insecure --cert {certificate} --key {key} https://{orders}/orders/7\n\
         Without a certificate: no handshake; and in plaintext, which payments still takes\n  \
           curl --insecure https://{orders}/orders/7\n  \
           curl http://{payments}/healthz\n"
    )
}

fn policies(layout: &Layout) -> String {
    format!(
        "Change the policies while it runs: edit {}, then\n  {} apply{}\n",
        layout.policies().display(),
        program(),
        directory(layout)
    )
}

fn ending(layout: &Layout) -> String {
    format!(
        "The table: {program} rows{directory}\nThe end:   {program} down{directory}   (or: make demo-down)\n\
         Logs:      {}\n",
        layout.logs().display(),
        program = program(),
        directory = directory(layout)
    )
}

fn outbound(state: &State, from: Workload, to: Workload) -> String {
    let address = state.topology.of(from).outbound.get(&to);
    address.map_or_else(|| "(no outbound listener)".to_owned(), ToString::to_string)
}

/// The way this program was called.
fn program() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "spiffe-authz-demo".to_owned())
}

/// The option that leads the next command to the same folder.
fn directory(layout: &Layout) -> String {
    let default = std::path::absolute("target/demo").ok();
    if default.as_deref() == Some(layout.root()) {
        return String::new();
    }
    format!(" --directory {}", quoted(layout.root()))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@%".contains(letter);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_only_where_the_shell_needs_it() {
        let table = [
            ("/a/b-1.pem", "/a/b-1.pem"),
            ("/my files/x", "'/my files/x'"),
            ("/it's", r"'/it'\''s'"),
        ];
        for (path, word) in table {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
