//! [`Vm`]: what all contexts of one VM share.

use std::cell::Cell;

use spiffe_authz_policy::{Attribute, Peer, PolicySet, Profile, RequiredSvid};

use crate::attributes::Kept;
use crate::host::{Host, LogLevel};
use crate::metrics::Metrics;
use crate::sampling::Sampler;

/// What outlives every configuration.
#[derive(Debug, Default)]
pub(crate) struct Vm {
    pub(crate) metrics: Metrics,
    pub(crate) kept: Kept,
    pub(crate) sampler: Sampler,
    shown: Cell<Option<Shown>>,
    said: Cell<Said>,
}

/// Whether the proxy shows the certificates of its mTLS peers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shown {
    No,
    Yes,
}

/// What was logged: each once in the life of a VM.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    shown: bool,
    not_shown: bool,
}

impl Vm {
    /// Tells, in a gauge and the first time in the log, whether the proxy shows the certificate of this peer. Where nobody
    /// asks for certificates there is nothing to tell.
    pub(crate) fn note_peer(&self, host: &impl Host, policies: &PolicySet, peer: Peer<'_>) {
        let shown = match peer {
            Peer::Certificate(certificate) => match certificate.leaf {
                Attribute::Known(_) => Shown::Yes,
                Attribute::Absent => Shown::No,
                Attribute::Unreadable => return,
            },
            Peer::Plaintext | Peer::HandedOn(_) | Peer::Unreadable => return,
        };
        if self.shown.replace(Some(shown)) == Some(shown) {
            return;
        }
        self.metrics.set_peer_certificate_shown(host, shown == Shown::Yes);
        self.say(host, policies, shown);
    }

    fn say(&self, host: &impl Host, policies: &PolicySet, shown: Shown) {
        let said = self.said.get();
        match shown {
            Shown::Yes if !said.shown => {
                self.said.set(Said { shown: true, ..said });
                host.log(LogLevel::Info, "the proxy shows the certificates of mTLS peers");
            }
            Shown::No if !said.not_shown => {
                self.said.set(Said {
                    not_shown: true,
                    ..said
                });
                let line = format!(
                    "the proxy does not show the certificates of mTLS peers (Envoy does since 1.40): {}",
                    consequence(policies)
                );
                host.log(LogLevel::Warn, &line);
            }
            Shown::Yes | Shown::No => {}
        }
    }
}

fn consequence(policies: &PolicySet) -> &'static str {
    match (policies.profile(), policies.required_svid()) {
        (Profile::ZeroTrust, RequiredSvid::Full) => "all of them are refused; see `svid.required`",
        (Profile::ZeroTrust, RequiredSvid::Uri) => "the URI SAN that it reports is taken for their identity",
        (Profile::Istio, _) => "what is asked of a certificate cannot be told",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, SVID, policies_of, policy_set};
    use spiffe_authz_policy::{LeafCertificate, PeerCertificate, Validation};

    const GAUGE: &str = "spiffe_authz_peer_certificate_shown";

    fn note(vm: &Vm, host: &FakeHost, leaf: Attribute<&LeafCertificate>) {
        let peer = Peer::Certificate(PeerCertificate {
            uri_sans: &[],
            validation: Validation::Validated,
            leaf,
            digest: Attribute::Absent,
        });
        vm.note_peer(host, &policy_set(), peer);
    }

    #[test]
    fn whether_certificates_are_shown_is_told_when_the_first_peer_comes_and_when_it_changes() {
        let leaf = LeafCertificate::from_pem(SVID.as_bytes()).unwrap();
        let (host, vm) = (FakeHost::new(), Vm::default());
        note(&vm, &host, Attribute::Known(&leaf));
        assert_eq!(host.metrics(), [(GAUGE.to_owned(), 1)]);
        let calls = host.calls();
        note(&vm, &host, Attribute::Known(&leaf));
        assert_eq!(host.calls(), calls);
        for _ in 0..3 {
            note(&vm, &host, Attribute::Absent);
            assert_eq!(host.metrics(), [(GAUGE.to_owned(), 0)]);
            note(&vm, &host, Attribute::Known(&leaf));
            assert_eq!(host.metrics(), [(GAUGE.to_owned(), 1)]);
        }
        let levels: Vec<LogLevel> = host.lines().into_iter().map(|(level, _)| level).collect();
        assert_eq!(levels, [LogLevel::Info, LogLevel::Warn]);
    }

    #[test]
    fn the_line_says_what_a_certificate_that_is_not_shown_means() {
        let resources = r#""workload": {"namespace": "shop"}, "resources": []"#;
        for (settings, expected) in [
            ("", "all of them are refused; see `svid.required`"),
            (
                r#""svid": {"required": "uri"},"#,
                "the URI SAN that it reports is taken for their identity",
            ),
            (
                r#""profile": "istio","#,
                "what is asked of a certificate cannot be told",
            ),
        ] {
            let policies = policies_of(&format!("{{{settings} {resources}}}"));
            assert_eq!(consequence(&policies), expected);
        }
    }

    #[test]
    fn of_a_peer_whose_certificate_nobody_asked_for_nothing_is_told() {
        let (host, vm) = (FakeHost::new(), Vm::default());
        note(&vm, &host, Attribute::Unreadable);
        for peer in [Peer::Plaintext, Peer::Unreadable, Peer::HandedOn(b"a")] {
            vm.note_peer(&host, &policy_set(), peer);
        }
        assert_eq!(host.calls(), 0);
    }
}
