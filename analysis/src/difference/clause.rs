//! [`Clause`]: what a policy asks of one attribute, and its text as a rule of its own.

use spiffe_authz_policy::{Document, StatedAlternative, StatedClause, StatedKey, StatedValue, ValueForm};

use crate::difference::Dimension;

/// What is asked, without the place where it is asked: equal clauses are one.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Clause {
    pub(super) key: StatedKey,
    pub(super) any_of: Vec<Literal>,
    pub(super) none_of: Vec<Literal>,
    pub(super) ignore_case: bool,
    /// Name and attribute (E-6).
    pub(super) bindings: Vec<(String, String)>,
}

/// A value and how it is compared.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Literal {
    pub(super) form: Form,
    pub(super) text: String,
}

/// As [`ValueForm`], in an order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Form {
    Text,
    Regex,
    Number,
    Boolean,
}

impl Clause {
    /// The clause of a policy of this namespace; `within` is the operation that it stands in, if it is in one.
    pub(super) fn new(stated: &StatedClause, within: Option<&StatedAlternative>, namespace: &str) -> Self {
        let is_path = stated.key == StatedKey::Paths;
        let within = within.filter(|_| is_path);
        let literals = |values: &[StatedValue]| {
            let mut literals: Vec<Literal> = values
                .iter()
                .map(|value| Literal::new(&stated.key, value, namespace))
                .collect();
            literals.sort();
            literals.dedup();
            literals
        };
        Self {
            key: stated.key.clone(),
            any_of: literals(&stated.any_of),
            none_of: literals(&stated.none_of),
            ignore_case: within.is_some_and(|operation| operation.ignore_case),
            bindings: within.map_or_else(Vec::new, |operation| operation.bindings.clone()),
        }
    }

    /// One value of the clause by itself.
    pub(super) fn alone(&self, literal: &Literal) -> Self {
        Self {
            any_of: vec![literal.clone()],
            none_of: Vec::new(),
            ..self.clone()
        }
    }

    /// Every value.
    pub(super) fn literals(&self) -> impl Iterator<Item = &Literal> {
        self.any_of.iter().chain(&self.none_of)
    }

    pub(super) fn dimension(&self) -> Dimension {
        Dimension::of(&self.key)
    }

    /// The dimensions beside its own that it compares with.
    pub(super) fn bound_dimensions(&self) -> Vec<Dimension> {
        let mut bound: Vec<Dimension> = self
            .bindings
            .iter()
            .filter(|(name, _)| self.names(name))
            .map(|(_, attribute)| Dimension::of_bound(attribute))
            .collect();
        bound.sort();
        bound.dedup();
        bound.retain(|dimension| *dimension != self.dimension());
        bound
    }

    fn names(&self, name: &str) -> bool {
        let segment = format!("{{{name}}}");
        self.literals()
            .any(|literal| literal.form == Form::Text && literal.text.contains(&segment))
    }

    /// A rule that asks this and nothing else.
    pub(super) fn rule(&self) -> Document {
        match field(&self.key) {
            Some((list, entry, name)) => {
                let inner = Document::Map(self.fields(name));
                map([(list, Document::List(vec![map([(entry, inner)])]))])
            }
            None => {
                let mut condition = vec![("key".to_owned(), Document::String(condition_key(&self.key)))];
                condition.extend(self.condition_fields());
                map([("when", Document::List(vec![Document::Map(condition)]))])
            }
        }
    }

    fn fields(&self, name: &str) -> Vec<(String, Document)> {
        let regexes = format!("{}Regexes", name.strip_suffix('s').unwrap_or(name));
        let mut fields = Vec::new();
        for (form, name) in [(Form::Text, name), (Form::Regex, regexes.as_str())] {
            push_lists(&mut fields, name, form, self);
        }
        if self.ignore_case {
            fields.push(("ignoreCase".to_owned(), Document::Bool(true)));
        }
        if !self.bindings.is_empty() {
            let bindings = self.bindings.iter();
            let bindings = bindings.map(|(name, to)| (name.clone(), Document::String(to.clone())));
            fields.push(("bindings".to_owned(), Document::Map(bindings.collect())));
        }
        fields
    }

    fn condition_fields(&self) -> Vec<(String, Document)> {
        let mut fields = Vec::new();
        for (form, name) in [
            (Form::Text, "values"),
            (Form::Regex, "regexes"),
            (Form::Number, "numbers"),
            (Form::Boolean, "booleans"),
        ] {
            push_lists(&mut fields, name, form, self);
        }
        fields
    }
}

impl Literal {
    fn new(key: &StatedKey, value: &StatedValue, namespace: &str) -> Self {
        let form = match value.form {
            ValueForm::Text => Form::Text,
            ValueForm::Regex => Form::Regex,
            ValueForm::Number => Form::Number,
            ValueForm::Boolean => Form::Boolean,
        };
        // A service account without a namespace is one of the policy's own.
        let text = if *key == StatedKey::ServiceAccounts && !value.text.contains('/') {
            format!("{namespace}/{}", value.text)
        } else {
            value.text.clone()
        };
        Self { form, text }
    }

    fn document(&self) -> Document {
        match self.form {
            Form::Text | Form::Regex | Form::Number => Document::String(self.text.clone()),
            Form::Boolean => Document::Bool(self.text == "true"),
        }
    }
}

fn push_lists(fields: &mut Vec<(String, Document)>, name: &str, form: Form, clause: &Clause) {
    let mut capital = name.chars();
    let first = capital
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect());
    let not_name = format!("not{first}{}", capital.as_str());
    for (name, literals) in [(name.to_owned(), &clause.any_of), (not_name, &clause.none_of)] {
        let values: Vec<Document> = literals
            .iter()
            .filter(|literal| literal.form == form)
            .map(Literal::document)
            .collect();
        if !values.is_empty() {
            fields.push((name, Document::List(values)));
        }
    }
}

/// The list, the entry and the field of an attribute that has one.
fn field(key: &StatedKey) -> Option<(&'static str, &'static str, &'static str)> {
    let source = |name| Some(("from", "source", name));
    let operation = |name| Some(("to", "operation", name));
    match key {
        StatedKey::Principals => source("principals"),
        StatedKey::Namespaces => source("namespaces"),
        StatedKey::ServiceAccounts => source("serviceAccounts"),
        StatedKey::TrustDomains => source("trustDomains"),
        StatedKey::IpBlocks => source("ipBlocks"),
        StatedKey::RemoteIpBlocks => source("remoteIpBlocks"),
        StatedKey::RequestPrincipals => source("requestPrincipals"),
        StatedKey::Hosts => operation("hosts"),
        StatedKey::Ports => operation("ports"),
        StatedKey::Methods => operation("methods"),
        StatedKey::Paths => operation("paths"),
        StatedKey::Header(_)
        | StatedKey::Query(_)
        | StatedKey::Claim(_)
        | StatedKey::DestinationIp
        | StatedKey::Sni
        | StatedKey::Metadata { .. }
        | StatedKey::DnsSan
        | StatedKey::IssuerKeyId
        | StatedKey::RemainingSeconds => None,
    }
}

/// The key of a condition, as policies write it.
fn condition_key(key: &StatedKey) -> String {
    key.to_string()
}

pub(super) fn map<const N: usize>(entries: [(&str, Document); N]) -> Document {
    let entries = entries.into_iter();
    Document::Map(entries.map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(super) fn words(text: &str) -> Document {
    Document::String(text.to_owned())
}
