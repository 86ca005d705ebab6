//! S-9: path templates, and E-6: `{NAME}` for an attribute.

use super::configuration::Profile;

/// S-9: "L = `a-zA-Z0-9-._~%!$&'()+,;:@` and `=` in current Envoy"; Envoy 1.40 has `*` in it too.
const L: &str = r"a-zA-Z0-9\-._~%!$&'()+,;:@=*";

/// Whether a value has an operator of S-9, or a name of E-6.
pub(super) fn is_template(value: &str) -> bool {
    value.contains('{')
}

/// The regular expression of a template, with a group for each `{NAME}`.
pub(super) fn pattern(profile: Profile, template: &str) -> String {
    let segments: Vec<String> = template
        .split('/')
        .map(|segment| match segment {
            "{*}" => one_segment(profile),
            "{**}" => any_segments(profile),
            // E-6: "stands for one segment that equals the attribute that is bound to the name: byte for byte, not empty".
            segment if name(segment).is_some() => "((?-i)[^/]+)".to_owned(),
            literal => regex::escape(literal),
        })
        .collect();
    segments.join("/")
}

/// S-9: "`*` = `[L]+`"; section 0: "`{*}` matches any byte but `/`", one or more.
fn one_segment(profile: Profile) -> String {
    match profile {
        Profile::Istio => format!("[{L}]+"),
        Profile::ZeroTrust => "[^/]+".to_owned(),
    }
}

/// S-9: "`**` = `[L/]*`"; section 0: "`{**}` any bytes".
fn any_segments(profile: Profile) -> String {
    match profile {
        Profile::Istio => format!("[{L}/]*"),
        Profile::ZeroTrust => "(?s:.*)".to_owned(),
    }
}

/// The NAME of a segment `{NAME}`.
pub(super) fn name(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        .then_some(name)
}

/// The names of a template in their order, one for each group.
pub(super) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('/').filter_map(name)
}
