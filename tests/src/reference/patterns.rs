//! Every regular expression, and the cache of compiled ones, which is all that outlives a request.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::configuration::Profile;
use super::template;

/// How a value becomes a regular expression.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Form {
    /// SPIFFE-ID 2.1, 2.2; takes no value.
    SpiffeId,
    /// S-5 `principals`: `*` is the regex `.+`.
    PrincipalAny,
    /// S-5 `principals`: `*x` is the full regex `spiffe://.*` + quote(x).
    PrincipalSuffix,
    /// S-5 `namespaces`: every `*` in the value becomes `.*`; full regex `.*/ns/<v>/.*`.
    Namespace,
    /// The namespace alone, with the same stars.
    NamespaceAlone,
    /// S-5 `serviceAccounts`, of `ns/sa`: full regex `spiffe://.+/ns/<ns>/(.+/|)sa/<sa>(/.+)?`, quoted.
    ServiceAccount,
    /// S-5 `trustDomains`: first `*` becomes `[^/]*` in `spiffe://.../.*`.
    TrustDomain,
    /// S-9 templates.
    Template { profile: Profile, ignore_case: bool },
    /// E-1: "must match the *whole* value, as if it stood between `^(?:` and `)$`".
    Extension { ignore_case: bool },
    /// Section 0, host forms: what can be read in one way only; takes no value.
    PlainHost,
    /// Section 0, path forms: anywhere in a path.
    InPath,
}

/// More would fill the memory of a long run.
const MOST_CACHED: usize = 2000;

thread_local! {
    static CACHE: RefCell<HashMap<Form, HashMap<String, Regex>>> = RefCell::default();
}

/// Whether the input is matched as a whole.
pub(super) fn full_match(form: Form, value: &str, input: &[u8]) -> Result<bool, String> {
    with_regex(form, value, |regex| regex.is_match(input))
}

/// Whether the expression matches anywhere in a path.
pub(super) fn is_in_path(pattern: &str, path: &[u8]) -> Result<bool, String> {
    with_regex(Form::InPath, pattern, |regex| regex.is_match(path))
}

/// The path with each `%` and its two digits replaced.
pub(super) fn with_escapes_as(
    path: &[u8],
    replace: impl FnMut(&Captures<'_>) -> Vec<u8>,
) -> Result<Vec<u8>, String> {
    with_regex(Form::InPath, "%([0-9A-Fa-f]{2})", |regex| {
        regex.replace_all(path, replace).into_owned()
    })
}

/// Lends the compiled expression.
pub(super) fn with_regex<T>(form: Form, value: &str, use_it: impl FnOnce(&Regex) -> T) -> Result<T, String> {
    CACHE.with_borrow_mut(|cache| {
        let of_form = cache.entry(form).or_default();
        if !of_form.contains_key(value) {
            if of_form.len() >= MOST_CACHED {
                of_form.clear();
            }
            of_form.insert(value.to_owned(), compile(form, value)?);
        }
        Ok(use_it(&of_form[value]))
    })
}

fn compile(form: Form, value: &str) -> Result<Regex, String> {
    let ignore_case = match form {
        Form::Template { ignore_case, .. } | Form::Extension { ignore_case } => ignore_case,
        _ => false,
    };
    let pattern = match form {
        Form::InPath => form.pattern(value),
        _ => format!("^(?:{})$", form.pattern(value)),
    };
    RegexBuilder::new(&pattern)
        .unicode(false)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| error.to_string())
}

impl Form {
    fn pattern(self, value: &str) -> String {
        match self {
            Self::SpiffeId => "spiffe://[a-z0-9._-]+(/[a-zA-Z0-9._-]+)+".to_owned(),
            Self::PrincipalAny => ".+".to_owned(),
            Self::PrincipalSuffix => format!("spiffe://.*{}", regex::escape(value)),
            Self::Namespace => format!(".*/ns/{}/.*", stars(value)),
            Self::NamespaceAlone => stars(value),
            Self::ServiceAccount => service_account(value),
            Self::TrustDomain => format!("spiffe://{}/.*", regex::escape(value).replacen(r"\*", "[^/]*", 1)),
            Self::Template { profile, .. } => template::pattern(profile, value),
            Self::Extension { .. } | Self::InPath => value.to_owned(),
            Self::PlainHost => PLAIN_HOST.to_owned(),
        }
    }
}

/// A name, or an address in brackets; at most one trailing dot and one numeric port.
const PLAIN_HOST: &str = r"([a-zA-Z0-9._-]*[a-zA-Z0-9_-]\.?|\[[0-9a-fA-F:.]+\]\.?)(:[0-9]+)?";

fn stars(value: &str) -> String {
    regex::escape(value).replace(r"\*", ".*")
}

fn service_account(value: &str) -> String {
    let (namespace, name) = value.split_once('/').unwrap_or(("", value));
    let (namespace, name) = (regex::escape(namespace), regex::escape(name));
    format!("spiffe://.+/ns/{namespace}/(.+/|)sa/{name}(/.+)?")
}
