//! What to do about a problem of a configuration.

use spiffe_authz_policy::ConfigErrorKind;

use crate::diagnostics::nearest::nearest;
use crate::source::{Step, steps};

/// Where the fields of an AuthorizationPolicy stand, for those who wrote one a level too high or too low.
const HOMES: [(&str, &[&str]); 6] = [
    (
        "`source`, within `from[]`",
        &[
            "principals",
            "notPrincipals",
            "requestPrincipals",
            "notRequestPrincipals",
            "namespaces",
            "notNamespaces",
            "serviceAccounts",
            "notServiceAccounts",
            "ipBlocks",
            "notIpBlocks",
            "remoteIpBlocks",
            "notRemoteIpBlocks",
        ],
    ),
    (
        "`operation`, within `to[]`",
        &[
            "hosts",
            "notHosts",
            "ports",
            "notPorts",
            "methods",
            "notMethods",
            "paths",
            "notPaths",
        ],
    ),
    ("`when[]`", &["key", "values", "notValues"]),
    ("`rules[]`", &["from", "to", "when"]),
    (
        "`spec`",
        &[
            "rules",
            "action",
            "selector",
            "targetRefs",
            "mtls",
            "portLevelMtls",
        ],
    ),
    ("`metadata`", &["name", "namespace", "labels", "annotations"]),
];

/// The help line of a problem.
pub(super) fn help(at: &str, kind: &ConfigErrorKind) -> Option<String> {
    match kind {
        ConfigErrorKind::Type { expected, found } => Some(of_kind(expected, found)),
        ConfigErrorKind::UnknownField { expected } => Some(of_field(at, expected)),
        ConfigErrorKind::DuplicateField => {
            Some("keep one of them; which one would count differs from reader to reader".to_owned())
        }
        ConfigErrorKind::Missing(_) if at == "workload" => Some(
            "name the guarded workload: `--namespace NAMESPACE --labels app=NAME`, or `workload` in the configuration"
                .to_owned(),
        ),
        ConfigErrorKind::Missing(why) => Some(match steps(at).pop() {
            Some(Step::Field(name)) => format!("add `{name}`: {why}"),
            Some(Step::Index(_)) | None => (*why).to_owned(),
        }),
        ConfigErrorKind::Invalid { input, expected } => of_value(input, expected),
        ConfigErrorKind::Empty(why) => Some((*why).to_owned()),
        ConfigErrorKind::Conflict(_) => None,
        ConfigErrorKind::DuplicateResource(_) => {
            Some("give one of the two another name, or remove it: in a cluster there is one of a name".to_owned())
        }
        ConfigErrorKind::TooMany { limit, unit, .. } => {
            Some(format!("split it: {limit} {unit} are the most that are taken"))
        }
        ConfigErrorKind::NotListed(_) => Some("mend those above, and run it again".to_owned()),
        ConfigErrorKind::Syntax(_) => None,
    }
}

fn of_kind(expected: &str, found: &str) -> String {
    let is_plain = ["the boolean", "the number", "a number"]
        .iter()
        .any(|kind| found.starts_with(kind));
    let is_text = found.starts_with("the text") || found == "a text";
    if expected.starts_with("text") && is_plain {
        "put it in quotes: YAML takes it for something else than text".to_owned()
    } else if expected == "a list" && found == "a map" {
        "begin it with `- `, or put it in `[` and `]`".to_owned()
    } else if expected == "a list" && (is_text || is_plain) {
        "put it in a list: `[\"…\"]`, or on a line of its own behind `- `".to_owned()
    } else if expected.starts_with("a map") && found == "a list" {
        "leave out the `- ` in front of its fields".to_owned()
    } else if expected.starts_with("text") && found == "a list" {
        "write one value, without `[` and `]`".to_owned()
    } else if found == "null" {
        "give it a value, or leave the field out".to_owned()
    } else {
        format!("write {expected} here")
    }
}

fn of_field(at: &str, expected: &[&'static str]) -> String {
    let Some(Step::Field(name)) = steps(at).pop() else {
        return listed(expected);
    };
    if let Some(meant) = nearest(&name, expected.iter().copied()) {
        return format!("did you mean `{meant}`?");
    }
    let home = HOMES.iter().find(|(_, names)| names.contains(&name.as_str()));
    match home {
        Some((home, _)) => format!("`{name}` is a field of {home}; {}", listed(expected)),
        None => listed(expected),
    }
}

fn listed(expected: &[&str]) -> String {
    let names: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "no field may stand here".to_owned(),
        [only] => format!("the one field here is {only}"),
        names => format!("the fields here are {}", names.join(", ")),
    }
}

/// One of the words that are expected, where one is near.
fn of_value(input: &str, expected: &str) -> Option<String> {
    let words = expected.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')));
    let is_word = |word: &&str| {
        let is_shouted = word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase());
        is_shouted || expected.contains(&format!("`{word}`")) || *word == "zero-trust" || *word == "istio"
    };
    let meant = nearest(input, words.filter(is_word).chain(kinds(expected)))?;
    Some(format!("did you mean `{meant}`?"))
}

fn kinds(expected: &str) -> impl Iterator<Item = &str> {
    let kinds = [
        "AuthorizationPolicy",
        "PeerAuthentication",
        "ServiceEntry",
        "Service",
    ];
    kinds.into_iter().filter(|kind| expected.contains(kind))
}
