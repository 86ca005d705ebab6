//! [`SvidVerdict`]: what each rule of X509-SVID says of a certificate.
//!
//! The rules are those by which the engine takes a certificate for an SVID, one after another instead of the first that is
//! broken: the same functions, so that the two cannot disagree.

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::certificate_error::CertificateError;
use crate::identity_error::IdentityError;
use crate::leaf_certificate::{LeafCertificate, der_of_pem};
use crate::leaf_facts::{ExtendedKeyUsage, Holder, KeyUsage, LeafFacts};
use crate::spiffe_id::SpiffeId;
use crate::svid::{LeafRule, in_force, is_of_workload, only_uri_san};

/// A rule for the certificate of a workload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SvidRule {
    /// There is exactly one URI SAN.
    OneUriSan,
    /// It is a SPIFFE ID.
    SpiffeId,
    /// The SPIFFE ID has a path: it names a workload and not a trust domain.
    WorkloadPath,
    /// The certificate signs no others: `cA` is false.
    NotAuthority,
    /// There is a key usage, and it binds: it is critical.
    KeyUsageIsCritical,
    /// The key may sign a handshake: digitalSignature.
    DigitalSignature,
    /// The key signs nothing for an authority: neither keyCertSign nor cRLSign.
    NoSigningUsage,
    /// An extended key usage, where there is one, has serverAuth and clientAuth.
    ExtendedKeyUsage,
    /// Under an empty subject the SAN extension is critical.
    NamedHolder,
    /// The certificate is valid at this moment.
    InForce,
}

/// What a rule says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RuleVerdict {
    /// It holds.
    Holds,
    /// It is broken.
    Broken,
    /// There is nothing to judge: a rule before it is broken.
    NotJudged,
}

/// What one rule says of a certificate, and what stands there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SvidVerdict {
    /// The rule.
    pub rule: SvidRule,
    /// What it says.
    pub verdict: RuleVerdict,
    /// What the certificate says, for people.
    pub found: String,
}

impl SvidRule {
    /// The one word for it, such as `one-uri-san`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OneUriSan => "one-uri-san",
            Self::SpiffeId => "spiffe-id",
            Self::WorkloadPath => "workload-path",
            Self::NotAuthority => "not-an-authority",
            Self::KeyUsageIsCritical => "key-usage-is-critical",
            Self::DigitalSignature => "digital-signature",
            Self::NoSigningUsage => "no-signing-usage",
            Self::ExtendedKeyUsage => "extended-key-usage",
            Self::NamedHolder => "named-holder",
            Self::InForce => "in-force",
        }
    }

    /// What it asks, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::OneUriSan => "exactly one URI SAN",
            Self::SpiffeId => "the URI SAN is a SPIFFE ID",
            Self::WorkloadPath => "the SPIFFE ID names a workload: it has a path",
            Self::NotAuthority => "the certificate is no authority: cA is false",
            Self::KeyUsageIsCritical => "there is a key usage, and it is critical",
            Self::DigitalSignature => "the key usage has digitalSignature",
            Self::NoSigningUsage => "the key usage has neither keyCertSign nor cRLSign",
            Self::ExtendedKeyUsage => "an extended key usage has serverAuth and clientAuth",
            Self::NamedHolder => "under an empty subject the SAN is critical",
            Self::InForce => "the certificate is in force",
        }
    }

    /// Where it is written.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Self::OneUriSan => "X509-SVID 2",
            Self::SpiffeId => "SPIFFE-ID 2",
            Self::WorkloadPath => "X509-SVID 5.2",
            Self::NotAuthority => "X509-SVID 4.1",
            Self::KeyUsageIsCritical | Self::DigitalSignature | Self::NoSigningUsage => "X509-SVID 4.3",
            Self::ExtendedKeyUsage => "X509-SVID 4.4",
            Self::NamedHolder => "RFC 5280 4.2.1.6",
            Self::InForce => "RFC 5280 4.1.2.5",
        }
    }

    fn of(rule: LeafRule) -> Self {
        match rule {
            LeafRule::NoAuthority => Self::NotAuthority,
            LeafRule::KeyUsageIsCritical => Self::KeyUsageIsCritical,
            LeafRule::DigitalSignature => Self::DigitalSignature,
            LeafRule::SignsForNoAuthority => Self::NoSigningUsage,
            LeafRule::ExtendedKeyUsage => Self::ExtendedKeyUsage,
            LeafRule::SomethingNamesTheHolder => Self::NamedHolder,
        }
    }

    fn says(self, holds: bool, found: impl Into<String>) -> SvidVerdict {
        let verdict = if holds {
            RuleVerdict::Holds
        } else {
            RuleVerdict::Broken
        };
        SvidVerdict {
            rule: self,
            verdict,
            found: found.into(),
        }
    }

    fn not_judged(self) -> SvidVerdict {
        SvidVerdict {
            rule: self,
            verdict: RuleVerdict::NotJudged,
            found: "not judged: there is no SPIFFE ID".to_owned(),
        }
    }
}

impl LeafCertificate {
    /// The DER of the one certificate in PEM, plain or URL-encoded as Envoy shows it: what its digest is made of.
    ///
    /// # Errors
    /// When there is not exactly one block, or it is labelled as something else.
    pub fn der_of_pem(pem: &[u8]) -> Result<Vec<u8>, CertificateError> {
        der_of_pem(pem)
    }

    /// What each rule says at this moment, in the order in which the engine asks them. The certificate is the SVID of a
    /// workload exactly where all of them hold.
    #[must_use]
    pub fn verdicts(&self, now: OffsetDateTime) -> Vec<SvidVerdict> {
        let facts = self.facts();
        let mut verdicts = Vec::from(name_verdicts(&facts.uri_sans));
        verdicts
            .extend(LeafRule::ALL.map(|rule| SvidRule::of(rule).says(rule.holds(facts), found(rule, facts))));
        verdicts.push(SvidRule::InForce.says(self.in_force(now).is_ok(), validity(facts)));
        verdicts
    }

    /// Whether it is valid at this moment, as the engine asks with each request.
    ///
    /// # Errors
    /// `Expired`, before its first moment as after its last.
    pub fn in_force(&self, now: OffsetDateTime) -> Result<(), IdentityError> {
        in_force(self.facts(), Attribute::Known(now))
    }
}

fn name_verdicts(uri_sans: &[Vec<u8>]) -> [SvidVerdict; 3] {
    let one = only_uri_san(uri_sans);
    let count = SvidRule::OneUriSan.says(one.is_ok(), names(uri_sans));
    let Ok(one) = one else {
        return [
            count,
            SvidRule::SpiffeId.not_judged(),
            SvidRule::WorkloadPath.not_judged(),
        ];
    };
    match SpiffeId::parse(one) {
        Ok(id) => {
            let path = if id.path().is_empty() {
                "no path".to_owned()
            } else {
                id.path().to_owned()
            };
            [
                count,
                SvidRule::SpiffeId.says(true, id.as_str()),
                SvidRule::WorkloadPath.says(is_of_workload(&id), path),
            ]
        }
        Err(error) => [
            count,
            SvidRule::SpiffeId.says(false, error.to_string()),
            SvidRule::WorkloadPath.not_judged(),
        ],
    }
}

/// How many names are shown.
const MOST_SHOWN: usize = 4;

fn names(uri_sans: &[Vec<u8>]) -> String {
    if uri_sans.is_empty() {
        return "none".to_owned();
    }
    let shown = uri_sans.iter().take(MOST_SHOWN);
    let mut shown: Vec<String> = shown.map(|name| name.escape_ascii().to_string()).collect();
    if let Some(more) = uri_sans.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

fn found(rule: LeafRule, facts: &LeafFacts) -> &'static str {
    match rule {
        LeafRule::NoAuthority if facts.is_authority => "cA is true",
        LeafRule::NoAuthority => "cA is false",
        LeafRule::KeyUsageIsCritical | LeafRule::DigitalSignature | LeafRule::SignsForNoAuthority => {
            key_usage(rule, facts.key_usage)
        }
        LeafRule::ExtendedKeyUsage => extended_key_usage(facts.extended_key_usage),
        LeafRule::SomethingNamesTheHolder => match facts.holder {
            Holder::Subject => "there is a subject",
            Holder::CriticalSan => "the subject is empty, the SAN critical or absent",
            Holder::NotCriticalSan => "the subject is empty, the SAN not critical",
        },
    }
}

fn key_usage(rule: LeafRule, usage: KeyUsage) -> &'static str {
    match usage {
        KeyUsage::Absent => "no key usage",
        KeyUsage::NotCritical => "a key usage that is not critical",
        KeyUsage::Critical {
            digital_signature,
            signs_for_authority,
        } => match (rule, digital_signature, signs_for_authority) {
            (LeafRule::DigitalSignature, true, _) => "digitalSignature",
            (LeafRule::DigitalSignature, false, _) => "no digitalSignature",
            (LeafRule::SignsForNoAuthority, _, true) => "keyCertSign or cRLSign",
            (LeafRule::SignsForNoAuthority, _, false) => "neither",
            (
                LeafRule::NoAuthority
                | LeafRule::KeyUsageIsCritical
                | LeafRule::ExtendedKeyUsage
                | LeafRule::SomethingNamesTheHolder,
                _,
                _,
            ) => "critical",
        },
    }
}

fn extended_key_usage(usage: ExtendedKeyUsage) -> &'static str {
    match usage {
        ExtendedKeyUsage::Absent => "none, which is allowed",
        ExtendedKeyUsage::Given {
            server_auth,
            client_auth,
        } => match (server_auth, client_auth) {
            (true, true) => "serverAuth and clientAuth",
            (true, false) => "serverAuth without clientAuth",
            (false, true) => "clientAuth without serverAuth",
            (false, false) => "neither of them",
        },
    }
}

fn validity(facts: &LeafFacts) -> String {
    let moment = |moment: Option<OffsetDateTime>| moment.map_or_else(|| "any time".to_owned(), rfc3339);
    format!("{} to {}", moment(facts.not_before), moment(facts.not_after))
}

/// In whole seconds, as certificates have it.
fn rfc3339(moment: OffsetDateTime) -> String {
    let (date, time) = (moment.date(), moment.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "spiffe://cluster.local/ns/shop/sa/orders";

    fn leaf() -> LeafFacts {
        LeafFacts {
            uri_sans: vec![ID.as_bytes().to_vec()],
            ..LeafFacts::default()
        }
    }

    /// Every combination of what the rules look at, with good and bad names.
    fn every_leaf() -> Vec<LeafFacts> {
        let names: [&[&str]; 5] = [
            &[],
            &[ID],
            &[ID, ID],
            &["spiffe://cluster.local"],
            &["spiffe://A/b"],
        ];
        let usages = [KeyUsage::Absent, KeyUsage::NotCritical].into_iter().chain(
            [(false, false), (false, true), (true, false), (true, true)].map(|(signs, authority)| {
                KeyUsage::Critical {
                    digital_signature: signs,
                    signs_for_authority: authority,
                }
            }),
        );
        let usages: Vec<KeyUsage> = usages.collect();
        let extended =
            [(true, true), (true, false), (false, true), (false, false)].map(|(server, client)| {
                ExtendedKeyUsage::Given {
                    server_auth: server,
                    client_auth: client,
                }
            });
        let mut leaves = Vec::new();
        for names in names {
            for key_usage in &usages {
                for extended_key_usage in extended.into_iter().chain([ExtendedKeyUsage::Absent]) {
                    for holder in [Holder::Subject, Holder::CriticalSan, Holder::NotCriticalSan] {
                        for is_authority in [false, true] {
                            leaves.push(LeafFacts {
                                uri_sans: names.iter().map(|name| name.as_bytes().to_vec()).collect(),
                                key_usage: *key_usage,
                                extended_key_usage,
                                holder,
                                is_authority,
                                ..LeafFacts::default()
                            });
                        }
                    }
                }
            }
        }
        leaves
    }

    #[test]
    fn a_certificate_is_an_svid_exactly_where_every_rule_holds() {
        let leaves = every_leaf();
        assert_eq!(leaves.len(), 5 * 6 * 5 * 3 * 2);
        for facts in leaves {
            let leaf = LeafCertificate::new(facts);
            let all = leaf
                .verdicts(OffsetDateTime::UNIX_EPOCH)
                .iter()
                .all(|verdict| verdict.verdict == RuleVerdict::Holds);
            assert_eq!(all, leaf.svid().is_ok(), "{:?}", leaf.facts());
        }
    }

    #[test]
    fn a_rule_about_the_name_is_judged_where_there_is_one() {
        let verdicts = LeafCertificate::new(LeafFacts::default()).verdicts(OffsetDateTime::UNIX_EPOCH);
        let of = |rule| {
            verdicts
                .iter()
                .find(|verdict| verdict.rule == rule)
                .unwrap()
                .verdict
        };
        assert_eq!(of(SvidRule::OneUriSan), RuleVerdict::Broken);
        assert_eq!(of(SvidRule::SpiffeId), RuleVerdict::NotJudged);
        assert_eq!(of(SvidRule::WorkloadPath), RuleVerdict::NotJudged);
    }

    #[test]
    fn the_first_and_the_last_moment_are_in_force() {
        let moment = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let leaf = LeafCertificate::new(LeafFacts {
            not_before: Some(moment(10)),
            not_after: Some(moment(20)),
            ..leaf()
        });
        for (now, expected) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(leaf.in_force(moment(now)).is_ok(), expected, "{now}");
        }
    }
}
