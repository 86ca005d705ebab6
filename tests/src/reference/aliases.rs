//! S-11: trust-domain aliases.

use super::configuration::View;

const CLUSTER_LOCAL: &str = "cluster.local";

/// The values that a value of `principals` stands for.
pub(super) fn of_principal(view: &View<'_>, value: &str) -> Result<Vec<String>, String> {
    // S-11.1: "Split on `/`; not exactly 5 parts, or first part is `*`: unchanged."
    let parts: Vec<&str> = value.split('/').collect();
    if parts.len() != 5 || parts[0] == "*" {
        return Ok(vec![value.to_owned()]);
    }
    // S-11.2: "If td == `cluster.local`, or td matches any TD".
    let trust_domains = view.trust_domains()?;
    let meant = |td: &&str| same(parts[0], td);
    if parts[0] != CLUSTER_LOCAL && !trust_domains.iter().any(meant) {
        // S-11.3: "Else unchanged".
        return Ok(vec![value.to_owned()]);
    }
    let rest = &value[parts[0].len()..];
    let mut values = Vec::new();
    for td in trust_domains {
        let replaced = match parts[0].strip_prefix('*') {
            // "a TD that matches a leading-`*` td keeps the original text"
            Some(suffix) if td.ends_with(suffix) => value.to_owned(),
            _ => format!("{td}{rest}"),
        };
        // "one value per TD, de-duplicated"
        if !values.contains(&replaced) {
            values.push(replaced);
        }
    }
    Ok(values)
}

/// "equal, or either side is a prefix/suffix wildcard matching the other".
fn same(left: &str, right: &str) -> bool {
    left == right || covers(left, right) || covers(right, left)
}

fn covers(wildcard: &str, text: &str) -> bool {
    let suffix = wildcard
        .strip_prefix('*')
        .is_some_and(|suffix| text.ends_with(suffix));
    let prefix = wildcard
        .strip_suffix('*')
        .is_some_and(|prefix| text.starts_with(prefix));
    suffix || prefix
}

/// S-11: "`trustDomains`: a value equal to a TD expands to all TDs; wildcards and `cluster.local` are not special."
pub(super) fn of_trust_domain<'v>(view: &View<'v>, value: &'v str) -> Result<Vec<&'v str>, String> {
    let trust_domains = view.trust_domains()?;
    Ok(if trust_domains.contains(&value) {
        trust_domains
    } else {
        vec![value]
    })
}
