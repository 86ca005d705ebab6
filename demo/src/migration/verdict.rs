//! [`Document`]: what readiness says, for programs; and whether it is what must be said.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The JSON document of `spiffe-authz readiness`, as far as the walk looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The time of the verdict.
    pub now: String,
    /// Every port.
    pub ports: Vec<Port>,
}

/// One port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The verdict, one word.
    pub verdict: String,
    /// The verdict, a sentence.
    pub reason: String,
    /// Who came without a certificate.
    pub plaintext_peers: Vec<PlaintextPeer>,
}

/// Who came without a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PlaintextPeer {
    /// Its address.
    pub address: String,
    /// Whether it stands in the way of STRICT.
    pub blocks: bool,
}

/// What readiness must say, or says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The verdict on the port.
    pub verdict: String,
    /// The addresses that block.
    pub blocking: BTreeSet<String>,
    /// The addresses that came in plaintext and do not block.
    pub others: BTreeSet<String>,
}

impl Document {
    /// What it says of its one port; of none or several, all their verdicts.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let verdicts: Vec<&str> = self.ports.iter().map(|port| port.verdict.as_str()).collect();
        let peers = self.ports.iter().flat_map(|port| &port.plaintext_peers);
        let (blocking, others): (Vec<_>, Vec<_>) = peers.partition(|peer| peer.blocks);
        let addresses =
            |peers: Vec<&PlaintextPeer>| peers.into_iter().map(|peer| peer.address.clone()).collect();
        Finding {
            verdict: verdicts.join(", "),
            blocking: addresses(blocking),
            others: addresses(others),
        }
    }
}

impl Finding {
    /// What is found, by name: the verdict, who blocks, who does not.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, String); 3] {
        [
            ("verdict", self.verdict.clone()),
            ("plaintext that blocks", list(&self.blocking)),
            ("plaintext that does not", list(&self.others)),
        ]
    }
}

fn list(addresses: &BTreeSet<String>) -> String {
    if addresses.is_empty() {
        return "nobody".to_owned();
    }
    addresses
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_block_are_told_from_those_that_are_denied_anyway() {
        let document: Document = serde_json::from_str(
            r#"{"now": "2026-11-22T12:00:00Z", "ready": false, "ports": [{"verdict": "not-yet", "reason": "not yet",
                "plaintextPeers": [
                    {"address": "127.0.0.21", "admitted": 1, "denied": 0, "blocks": true},
                    {"address": "127.0.0.99", "admitted": 0, "denied": 1, "blocks": false}]}]}"#,
        )
        .unwrap();
        let fields = document.finding().fields().map(|(_, value)| value);
        assert_eq!(fields, ["not-yet", "127.0.0.21", "127.0.0.99"]);
    }

    #[test]
    fn no_port_is_no_verdict() {
        let document = Document {
            now: String::new(),
            ports: Vec::new(),
        };
        assert_eq!(document.finding().verdict, "");
    }
}
