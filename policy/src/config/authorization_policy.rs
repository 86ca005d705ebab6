//! The raw AuthorizationPolicy: lists of text under Istio's field names.

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed, Read};
use crate::config::selector::Selector;
use crate::config::values::{non_empty_text, text};

/// What stands in the place of an unsupported field in messages.
const WAIT: &str = "remove it, or leave this policy to Istio";

/// `spec` of an AuthorizationPolicy.
#[derive(Clone, Debug)]
pub(crate) struct RawAuthorizationPolicy {
    pub(crate) selector: Option<Selector>,
    pub(crate) action: Action,
    pub(crate) rules: Listed<RawRule>,
}

/// What a policy does with the requests that its rules match.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    Allow,
    Deny,
}

/// One rule. An absent list asks nothing.
#[derive(Clone, Debug)]
pub(crate) struct RawRule {
    pub(crate) from: Listed<RawSource>,
    pub(crate) to: Listed<RawOperation>,
}

/// `from[].source`
#[derive(Clone, Debug)]
pub(crate) struct RawSource {
    pub(crate) principals: Listed<String>,
    pub(crate) not_principals: Listed<String>,
    pub(crate) namespaces: Listed<String>,
    pub(crate) not_namespaces: Listed<String>,
}

/// `to[].operation`
#[derive(Clone, Debug)]
pub(crate) struct RawOperation {
    pub(crate) hosts: Listed<String>,
    pub(crate) not_hosts: Listed<String>,
    pub(crate) ports: Listed<String>,
    pub(crate) not_ports: Listed<String>,
    pub(crate) methods: Listed<String>,
    pub(crate) not_methods: Listed<String>,
    pub(crate) paths: Listed<String>,
    pub(crate) not_paths: Listed<String>,
}

impl RawAuthorizationPolicy {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let selector = fields.optional("selector", problems, Selector::read);
        let action = fields.optional("action", problems, Action::read);
        let has_rules = fields.has("rules");
        let rules = fields.list("rules", problems, RawRule::read).unwrap_or_default();
        fields.unsupported(&["targetRef", "targetRefs"], WAIT, problems);
        fields.unsupported(&["provider"], "use Envoy's ext_authz filter", problems);
        fields.finish(problems);
        let action = action.unwrap_or(Action::Allow);
        if action == Action::Deny && !has_rules {
            let why = "a DENY policy without rules denies nothing; write `rules: []` if that is meant";
            problems.add(&at.field("rules"), ConfigErrorKind::Missing(why));
        }
        problems.at_most(&at.field("rules"), rules.len(), problems.limits.rules, "rules");
        Some(Self {
            selector,
            action,
            rules,
        })
    }
}

impl Action {
    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let action = text(document, at, problems)?;
        match action.as_str() {
            "ALLOW" => return Some(Self::Allow),
            "DENY" => return Some(Self::Deny),
            "AUDIT" => problems.unsupported(at, "the action AUDIT is", WAIT),
            "CUSTOM" => problems.unsupported(at, "the action CUSTOM is", "use Envoy's ext_authz filter"),
            _ => problems.invalid(at, &action, "an action: ALLOW or DENY"),
        }
        None
    }
}

impl RawRule {
    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let from = clauses("from", &mut fields, at, problems, RawSource::read_clause);
        let to = clauses("to", &mut fields, at, problems, RawOperation::read_clause);
        fields.unsupported(&["when"], WAIT, problems);
        fields.finish(problems);
        Some(Self { from, to })
    }
}

/// A clause that is left out asks nothing; one that is there and empty is refused, as by Istio (S-4).
fn clauses<T>(
    name: &'static str,
    fields: &mut Fields<'_, '_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    read: Read<T>,
) -> Listed<T> {
    let at = at.field(name);
    if fields.is_empty_list(name) {
        problems.add(
            &at,
            ConfigErrorKind::Empty("leave the field out if it is to match anything"),
        );
    }
    let list = fields.list(name, problems, read).unwrap_or_default();
    problems.at_most(&at, list.len(), problems.limits.clauses, "entries");
    list
}

/// A map with exactly one field, as in `- source: {...}`.
fn read_only_field<T>(
    name: &'static str,
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    read: Read<T>,
) -> Option<T> {
    let mut fields = Fields::of(document, at, problems)?;
    let inner = fields.required(name, "the entry would match anything", problems, read);
    fields.finish(problems);
    inner
}

/// Notes a clause in which nothing is asked.
fn refuse_empty(clause: &Document, at: &FieldPath<'_>, problems: &mut Problems) {
    let asks_nothing = |value: &Document| match value {
        Document::Null => true,
        Document::List(values) => values.is_empty(),
        Document::Bool(_) | Document::Number(_) | Document::String(_) | Document::Map(_) => false,
    };
    match clause {
        Document::Map(fields) if fields.iter().all(|(_, value)| asks_nothing(value)) => {
            problems.add(
                at,
                ConfigErrorKind::Empty("without a field the entry would match anything"),
            );
        }
        Document::Map(_)
        | Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::List(_) => {}
    }
}

impl RawSource {
    fn read_clause(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        read_only_field("source", document, at, problems, Self::read)
    }

    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let mut values = |name| fields.list(name, problems, non_empty_text).unwrap_or_default();
        let source = Self {
            principals: values("principals"),
            not_principals: values("notPrincipals"),
            namespaces: values("namespaces"),
            not_namespaces: values("notNamespaces"),
        };
        fields.unsupported(&UNSUPPORTED_SOURCES, WAIT, problems);
        fields.finish(problems);
        refuse_empty(document, at, problems);
        Some(source)
    }
}

/// The fields of a source that Istio knows and this version does not serve.
const UNSUPPORTED_SOURCES: [&str; 10] = [
    "requestPrincipals",
    "notRequestPrincipals",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
    "ipBlocks",
    "notIpBlocks",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
];

impl RawOperation {
    fn read_clause(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        read_only_field("operation", document, at, problems, Self::read)
    }

    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let mut values = |name| fields.list(name, problems, non_empty_text).unwrap_or_default();
        let operation = Self {
            hosts: values("hosts"),
            not_hosts: values("notHosts"),
            ports: values("ports"),
            not_ports: values("notPorts"),
            methods: values("methods"),
            not_methods: values("notMethods"),
            paths: values("paths"),
            not_paths: values("notPaths"),
        };
        fields.finish(problems);
        refuse_empty(document, at, problems);
        Some(operation)
    }
}
