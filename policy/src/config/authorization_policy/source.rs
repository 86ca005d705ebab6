//! `from[].source`: who sends.

use crate::config::authorization_policy::clause::{read_only_field, refuse_empty};
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::field_values::{FieldValues, read_field};
use crate::config::fields::Fields;

/// `from[].source`
#[derive(Clone, Debug)]
pub(crate) struct RawSource {
    pub(crate) principals: FieldValues,
    pub(crate) request_principals: FieldValues,
    pub(crate) namespaces: FieldValues,
    pub(crate) service_accounts: FieldValues,
    pub(crate) trust_domains: FieldValues,
    pub(crate) ip_blocks: FieldValues,
    pub(crate) remote_ip_blocks: FieldValues,
}

impl RawSource {
    pub(crate) fn read_clause(
        document: &Document,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        read_only_field("source", document, at, problems, Self::read)
    }

    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let mut field = |name, not_name| read_field(name, not_name, &mut fields, problems);
        let source = Self {
            principals: field("principals", "notPrincipals"),
            request_principals: field("requestPrincipals", "notRequestPrincipals"),
            namespaces: field("namespaces", "notNamespaces"),
            service_accounts: field("serviceAccounts", "notServiceAccounts"),
            trust_domains: field("trustDomains", "notTrustDomains"),
            ip_blocks: field("ipBlocks", "notIpBlocks"),
            remote_ip_blocks: field("remoteIpBlocks", "notRemoteIpBlocks"),
        };
        fields.finish(problems);
        refuse_empty(document, at, problems);
        source.check_service_accounts(at, problems);
        Some(source)
    }

    /// Service accounts stand instead of principals and namespaces, and few at a time (S-12).
    fn check_service_accounts(&self, at: &FieldPath<'_>, problems: &mut Problems) {
        let accounts = &self.service_accounts;
        let others = [&self.principals, &self.namespaces];
        if !accounts.is_empty() && others.into_iter().any(|other| !other.is_empty()) {
            let why = "serviceAccounts exclude principals and namespaces in the same source";
            problems.add(&at.field(accounts.first_given()), ConfigErrorKind::Conflict(why));
        }
        for (name, values) in [accounts.any_of(), accounts.none_of()] {
            let limit = problems.limits.service_accounts;
            problems.at_most(&at.field(name), values.len(), limit, "service accounts");
            for (index, value) in values {
                let at = at.field(name);
                let limit = problems.limits.service_account_chars;
                problems.at_most(&at.index(*index), value.chars().count(), limit, "characters");
            }
        }
    }
}
