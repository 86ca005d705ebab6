//! Paths that cover paths: text and templates (S-5, S-9).

use spiffe_authz_policy::Profile;

use super::form::Form;

/// Whether `wide` matches every path that `narrow` matches. Names that are bound are not for here.
pub(super) fn covers(profile: Profile, wide: &str, narrow: &str) -> bool {
    if wide == narrow {
        return true;
    }
    match (is_template(wide), is_template(narrow)) {
        (false, false) => Form::of(wide).covers(Form::of(narrow)),
        (false, true) => covers_template(Form::of(wide), narrow),
        (true, false) => match Form::of(narrow) {
            Form::Exact(path) => matches(wide, path),
            Form::Prefix(prefix) => {
                profile == Profile::ZeroTrust
                    && everything_below(wide).is_some_and(|below| prefix.starts_with(below))
            }
            Form::Any | Form::Suffix(_) => false,
        },
        (true, true) => {
            profile == Profile::ZeroTrust
                && everything_below(wide).is_some_and(|below| literal_head(narrow).starts_with(below))
        }
    }
}

pub(super) fn is_template(text: &str) -> bool {
    text.contains("{*}") || text.contains("{**}")
}

/// Whether no path is matched by both, as far as their beginnings tell.
pub(super) fn excludes(one: &str, other: &str) -> bool {
    match (is_template(one), is_template(other)) {
        (false, false) => Form::of(one).excludes(Form::of(other)),
        (true, false) => template_excludes(one, Form::of(other)),
        (false, true) => template_excludes(other, Form::of(one)),
        (true, true) => {
            let (one, other) = (literal_head(one), literal_head(other));
            !one.starts_with(other) && !other.starts_with(one)
        }
    }
}

fn template_excludes(template: &str, form: Form<'_>) -> bool {
    let head = literal_head(template);
    match form {
        Form::Exact(path) => !path.starts_with(head),
        Form::Prefix(prefix) => !prefix.starts_with(head) && !head.starts_with(prefix),
        Form::Any | Form::Suffix(_) => false,
    }
}

fn covers_template(wide: Form<'_>, narrow: &str) -> bool {
    match wide {
        Form::Any => true,
        Form::Prefix(prefix) => literal_head(narrow).starts_with(prefix),
        Form::Suffix(_) | Form::Exact(_) => false,
    }
}

/// What every path begins with that a template matches.
fn literal_head(template: &str) -> &str {
    template.split_once('{').map_or(template, |(head, _)| head)
}

/// `/a/` of `/a/{**}`, which is everything that begins with it.
fn everything_below(template: &str) -> Option<&str> {
    template.strip_suffix("{**}").filter(|head| !head.contains('{'))
}

/// Whether a template matches a path of characters that every template takes.
fn matches(template: &str, path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let (Some(template), Some(path)) = (template.strip_prefix('/'), path.strip_prefix('/')) else {
        return false;
    };
    if !path.bytes().all(is_plain) {
        return false;
    }
    let segments: Vec<&str> = template.split('/').collect();
    let pieces: Vec<&str> = path.split('/').collect();
    match segments.iter().position(|segment| *segment == "{**}") {
        None => segments.len() == pieces.len() && all_match(&segments, &pieces),
        Some(place) => {
            let (head, tail) = segments.split_at(place);
            let tail = tail.get(1..).unwrap_or_default();
            let Some(behind) = pieces.len().checked_sub(tail.len()) else {
                return false;
            };
            let (front, back) = pieces.split_at(behind);
            // Between two slashes there is at least one piece, which may be empty.
            front.len() > head.len() && all_match(head, front) && all_match(tail, back)
        }
    }
}

/// Each segment against the piece in its place.
fn all_match(segments: &[&str], pieces: &[&str]) -> bool {
    segments
        .iter()
        .zip(pieces)
        .all(|(segment, piece)| match *segment {
            "{*}" => !piece.is_empty(),
            literal => literal == *piece,
        })
}
