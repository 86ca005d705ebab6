//! [`Report`]: everything that is told of a certificate.

use sha2::{Digest as _, Sha256};
use spiffe_authz_pki::{Duration, OffsetDateTime};
use spiffe_authz_policy::{LeafCertificate, LeafFacts, RuleVerdict, SpiffeId, SvidVerdict, WorkloadIdentity};

use crate::svid::inspect::chain::Chain;
use crate::svid::inspect::key;
use crate::svid::moment::rfc3339;
use crate::svid::span;

/// What is told of a certificate; its JSON form is documented in `docs/cli/svid.md`.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Whether it is an SVID, in force, and not refused by the bundle.
    pub(crate) valid: bool,
    /// Why not: the cause by which the filter denies such a peer, or `chain`.
    pub(crate) cause: Option<&'static str>,
    pub(crate) spiffe_id: Option<String>,
    pub(crate) trust_domain: Option<String>,
    pub(crate) workload: Option<Workload>,
    /// Hexadecimal, as `svid.denied.serialNumbers` takes it.
    pub(crate) serial_number: Option<String>,
    /// Hexadecimal, as `svid.denied.sha256Digests` takes it.
    pub(crate) sha256_digest: String,
    pub(crate) key_type: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) dns_sans: Vec<String>,
    /// RFC 3339.
    pub(crate) not_before: Option<String>,
    /// RFC 3339.
    pub(crate) not_after: Option<String>,
    /// Negative after its end.
    pub(crate) remaining_seconds: Option<i64>,
    pub(crate) chain: ChainReport,
    pub(crate) rules: Vec<RuleReport>,
    pub(crate) warnings: Vec<String>,
}

/// A workload by its namespace and its service account.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Workload {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
}

/// What is known of the chain.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChainReport {
    /// `verified`, `refused` or `not-verified`.
    pub(crate) verdict: &'static str,
    pub(crate) bundle: Option<String>,
    pub(crate) reason: Option<String>,
}

/// What one rule says.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleReport {
    pub(crate) rule: &'static str,
    pub(crate) title: &'static str,
    pub(crate) section: &'static str,
    /// `holds`, `broken` or `not-judged`.
    pub(crate) verdict: &'static str,
    pub(crate) found: String,
}

/// The cause by which the filter denies a peer whose certificate cannot be read.
const UNREADABLE: &str = "svid-unreadable";

impl Report {
    pub(crate) fn of(der: &[u8], chain: Chain, now: OffsetDateTime, warn_within: Option<Duration>) -> Self {
        let mut report = Self::of_bytes(der, &chain);
        match LeafCertificate::from_der(der) {
            Ok(leaf) => report.judge(&leaf, now, warn_within),
            Err(error) => {
                report.cause = Some(UNREADABLE);
                report.rules = vec![RuleReport {
                    rule: "readable",
                    title: "it can be read as one certificate, every extension whole",
                    section: "RFC 5280 4.1",
                    verdict: "broken",
                    found: error.to_string().escape_debug().to_string(),
                }];
            }
        }
        if report.cause.is_none() && report.chain.verdict == REFUSED {
            report.cause = Some("chain");
        }
        report.valid = report.cause.is_none();
        report
    }

    /// What can be told without its being read by the engine.
    fn of_bytes(der: &[u8], chain: &Chain) -> Self {
        let (key_type, issuer) = key::shown(der)
            .map(|shown| (shown.key_type, shown.issuer))
            .unzip();
        Self {
            valid: false,
            cause: None,
            spiffe_id: None,
            trust_domain: None,
            workload: None,
            serial_number: None,
            sha256_digest: hex(Sha256::digest(der).as_slice()),
            key_type,
            issuer,
            dns_sans: Vec::new(),
            not_before: None,
            not_after: None,
            remaining_seconds: None,
            chain: ChainReport::of(chain),
            rules: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn judge(&mut self, leaf: &LeafCertificate, now: OffsetDateTime, warn_within: Option<Duration>) {
        let facts = leaf.facts();
        self.rules = leaf.verdicts(now).into_iter().map(RuleReport::of).collect();
        self.serial_number = facts.serial.as_deref().map(hex);
        self.dns_sans = facts
            .dns_sans
            .iter()
            .map(|name| name.escape_debug().to_string())
            .collect();
        self.not_before = facts.not_before.map(rfc3339);
        self.not_after = facts.not_after.map(rfc3339);
        let remaining = facts
            .not_after
            .map(|end| Duration::seconds(end.unix_timestamp().saturating_sub(now.unix_timestamp())));
        self.remaining_seconds = remaining.map(Duration::whole_seconds);
        match leaf.svid() {
            Ok(id) => self.name(id),
            Err(error) => self.cause = Some(error.code()),
        }
        if self.cause.is_none() {
            self.cause = leaf.in_force(now).err().map(|error| error.code());
        }
        self.warn(facts, remaining, warn_within);
    }

    fn name(&mut self, id: &SpiffeId) {
        self.spiffe_id = Some(id.as_str().to_owned());
        self.trust_domain = Some(id.trust_domain().as_str().to_owned());
        self.workload = WorkloadIdentity::of(id).map(|workload| Workload {
            namespace: workload.namespace().to_owned(),
            service_account: workload.service_account().to_owned(),
        });
        if self.workload.is_none() {
            self.warnings.push(format!(
                "`{}` is not of the form /ns/NAMESPACE/sa/SERVICE_ACCOUNT: `namespaces` and `serviceAccounts` of a policy never \
                 match it",
                id.path()
            ));
        }
    }

    fn warn(&mut self, facts: &LeafFacts, remaining: Option<Duration>, within: Option<Duration>) {
        let soon = remaining
            .zip(within)
            .filter(|(remaining, within)| remaining <= within && !remaining.is_negative());
        if let Some((remaining, _)) = soon {
            self.warnings
                .push(format!("it ends in {}", span::in_words(remaining)));
        }
        if facts.uri_sans.is_empty() && facts.dns_sans.iter().any(|name| name.starts_with("spiffe:")) {
            self.warnings
                .push("a DNS SAN is spelled like a SPIFFE ID: only a URI SAN is one".to_owned());
        }
    }
}

const REFUSED: &str = "refused";

impl ChainReport {
    fn of(chain: &Chain) -> Self {
        let (verdict, bundle, reason) = match chain {
            Chain::NotVerified => ("not-verified", None, None),
            Chain::Verified { bundle } => ("verified", Some(bundle), None),
            Chain::Refused { bundle, reason } => (REFUSED, Some(bundle), Some(reason)),
        };
        Self {
            verdict,
            bundle: bundle.cloned(),
            reason: reason.cloned(),
        }
    }
}

impl RuleReport {
    fn of(verdict: SvidVerdict) -> Self {
        let SvidVerdict { rule, verdict, found } = verdict;
        Self {
            rule: rule.code(),
            title: rule.title(),
            section: rule.section(),
            verdict: match verdict {
                RuleVerdict::Holds => "holds",
                RuleVerdict::Broken => "broken",
                RuleVerdict::NotJudged => "not-judged",
            },
            found,
        }
    }
}

/// Two digits a byte, with colons between them; `00` for the number zero.
pub(crate) fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "00".to_owned();
    }
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(":")
}
