//! Whether one value of an attribute takes everything that another takes.
//!
//! Every answer of yes is sure; where it is not, the answer is no.

use std::ops::RangeInclusive;

use ipnet::IpNet;
use spiffe_authz_policy::{Profile, StatedConfiguration, StatedKey, StatedValue, ValueForm};

use super::form::Form;
use super::template;

/// How the values of a clause are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) configuration: &'a StatedConfiguration,
    pub(super) key: &'a StatedKey,
    /// Whether paths are compared in any case (E-4).
    pub(super) ignore_case: bool,
    /// Whether names in paths are bound (E-6).
    pub(super) has_bindings: bool,
    /// The namespace of the policy, in which a service account without one lies.
    pub(super) namespace: &'a str,
}

impl Reading<'_> {
    /// Whether `wide` matches whatever `narrow` matches; each is read its own way.
    pub(super) fn covers(self, wide: &StatedValue, narrow: &StatedValue, of_narrow: Self) -> bool {
        if wide.form != narrow.form {
            return false;
        }
        match wide.form {
            ValueForm::Regex | ValueForm::Number | ValueForm::Boolean => {
                wide.text == narrow.text && self.ignore_case == of_narrow.ignore_case
            }
            ValueForm::Text => self.covers_text(&wide.text, &narrow.text, of_narrow),
        }
    }

    fn covers_text(self, wide: &str, narrow: &str, of_narrow: Self) -> bool {
        match self.key {
            StatedKey::Principals => self.covers_principal(wide, narrow),
            StatedKey::Namespaces => wide == narrow || wide == "*",
            StatedKey::ServiceAccounts => {
                service_account(self.namespace, wide) == service_account(of_narrow.namespace, narrow)
            }
            StatedKey::TrustDomains => wide == narrow || wide == "*",
            StatedKey::IpBlocks | StatedKey::RemoteIpBlocks | StatedKey::DestinationIp => block(wide)
                .zip(block(narrow))
                .is_some_and(|(wide, narrow)| wide.contains(&narrow)),
            StatedKey::RequestPrincipals => wide == narrow,
            StatedKey::Hosts => self.covers_host(wide, narrow),
            StatedKey::Ports => ports(wide)
                .zip(ports(narrow))
                .is_some_and(|(wide, narrow)| wide.start() <= narrow.start() && narrow.end() <= wide.end()),
            StatedKey::Paths => self.covers_path(wide, narrow, of_narrow),
            StatedKey::Methods | StatedKey::Header(_) | StatedKey::Query(_) | StatedKey::Sni => {
                Form::of(wide).covers(Form::of(narrow))
            }
            StatedKey::Claim(_) | StatedKey::Metadata { .. } => one_line(wide, narrow),
            StatedKey::DnsSan => {
                Form::of(&wide.to_ascii_lowercase()).covers(Form::of(&narrow.to_ascii_lowercase()))
            }
            StatedKey::IssuerKeyId | StatedKey::RemainingSeconds => wide == narrow,
        }
    }

    /// Whether nothing is matched by both. The attribute has one value.
    pub(super) fn excludes(self, one: &StatedValue, other: &StatedValue) -> bool {
        let is_text = one.form == ValueForm::Text && other.form == ValueForm::Text;
        is_text && self.excludes_text(&one.text, &other.text)
    }

    fn excludes_text(self, one: &str, other: &str) -> bool {
        match self.key {
            StatedKey::Principals => {
                let others = self.configuration.spellings(other);
                let own = self.configuration.spellings(one);
                own.iter()
                    .all(|own| others.iter().all(|other| Form::of(own).excludes(Form::of(other))))
            }
            // In profile istio more may follow behind an account, another one too.
            StatedKey::ServiceAccounts => {
                self.configuration.profile == Profile::ZeroTrust
                    && service_account(self.namespace, one) != service_account(self.namespace, other)
            }
            StatedKey::IpBlocks | StatedKey::RemoteIpBlocks | StatedKey::DestinationIp => block(one)
                .zip(block(other))
                .is_some_and(|(one, other)| !one.contains(&other) && !other.contains(&one)),
            StatedKey::Hosts => {
                let is_plain = |host: &str| !host.contains(':') && !host.ends_with('.');
                let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
                is_plain(&one) && is_plain(&other) && Form::of(&one).excludes(Form::of(&other))
            }
            StatedKey::Ports => ports(one)
                .zip(ports(other))
                .is_some_and(|(one, other)| one.end() < other.start() || other.end() < one.start()),
            StatedKey::Paths => !self.ignore_case && !self.has_bindings && template::excludes(one, other),
            StatedKey::Methods | StatedKey::Sni => Form::of(one).excludes(Form::of(other)),
            StatedKey::TrustDomains => {
                let is_own = |name: &str| {
                    let mesh = std::iter::once(&self.configuration.trust_domain);
                    mesh.chain(&self.configuration.trust_domain_aliases)
                        .any(|own| own.as_str() == name)
                };
                !(is_own(one) || is_own(other)) && Form::of(one).excludes(Form::of(other))
            }
            // These may have more than one value, or stars of their own.
            StatedKey::Namespaces
            | StatedKey::RequestPrincipals
            | StatedKey::Header(_)
            | StatedKey::Query(_)
            | StatedKey::Claim(_)
            | StatedKey::Metadata { .. }
            | StatedKey::DnsSan
            | StatedKey::IssuerKeyId
            | StatedKey::RemainingSeconds => false,
        }
    }

    fn covers_principal(self, wide: &str, narrow: &str) -> bool {
        if wide == narrow || wide == "*" {
            return true;
        }
        let wide = self.configuration.spellings(wide);
        let narrow = self.configuration.spellings(narrow);
        narrow.iter().all(|narrow| {
            let narrow = Form::of(narrow);
            wide.iter().any(|wide| Form::of(wide).covers(narrow))
        })
    }

    /// Profile zero-trust leaves out a port and a trailing dot: only values without either are compared.
    fn covers_host(self, wide: &str, narrow: &str) -> bool {
        let (wide, narrow) = (wide.to_ascii_lowercase(), narrow.to_ascii_lowercase());
        let is_plain = |host: &str| !host.contains(':') && !host.ends_with('.');
        let comparable = match self.configuration.profile {
            Profile::Istio => true,
            Profile::ZeroTrust => is_plain(&wide) && is_plain(&narrow),
        };
        wide == narrow || wide == "*" || (comparable && Form::of(&wide).covers(Form::of(&narrow)))
    }

    fn covers_path(self, wide: &str, narrow: &str, of_narrow: Self) -> bool {
        if self.has_bindings || of_narrow.has_bindings {
            return false;
        }
        if !self.ignore_case && of_narrow.ignore_case {
            return false;
        }
        let profile = self.configuration.profile;
        if self.ignore_case {
            template::covers(profile, &wide.to_ascii_lowercase(), &narrow.to_ascii_lowercase())
        } else {
            template::covers(profile, wide, narrow)
        }
    }
}

/// `namespace/name`, with the policy's own namespace where there is none.
pub(super) fn service_account(namespace: &str, text: &str) -> (String, String) {
    let (namespace, name) = text.split_once('/').unwrap_or((namespace, text));
    (namespace.to_owned(), name.to_owned())
}

/// The block, without its host bits.
pub(super) fn block(text: &str) -> Option<IpNet> {
    let block = text
        .parse()
        .or_else(|_| text.parse::<core::net::IpAddr>().map(IpNet::from));
    block.ok().map(|block: IpNet| block.trunc())
}

pub(super) fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// On a claim `*` asks for one line, and a prefix or a suffix does not.
fn one_line(wide: &str, narrow: &str) -> bool {
    let has_brackets = wide.contains(['[', ']']) || narrow.contains(['[', ']']);
    if wide == narrow {
        return true;
    }
    match (Form::of(wide), Form::of(narrow)) {
        _ if has_brackets => false,
        (Form::Any, Form::Exact(text)) => !text.is_empty() && !text.contains('\n'),
        (Form::Any, Form::Any) => true,
        (Form::Any, Form::Prefix(_) | Form::Suffix(_)) => false,
        (wide @ (Form::Prefix(_) | Form::Suffix(_) | Form::Exact(_)), narrow) => wide.covers(narrow),
    }
}
