//! One field of values and not-values against what the request says (S-3).

use serde_json::Value;

use super::configuration::Profile;
use super::documents::list;
use super::truth::{Answer, Truth, all, any};

/// The names of the two lists of a field.
pub(super) type Names = (&'static str, &'static str);

/// The two lists of a condition.
pub(super) const VALUES: Names = ("values", "notValues");

/// What several inputs of one attribute mean together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Several {
    /// One that matches is enough.
    Any,
    /// All match: true; none: false; some: unknown.
    Agree,
}

impl Several {
    /// Section 0, repeated headers: istio "per value, any"; zero-trust "DENY fires if ANY value matches; ALLOW needs ALL".
    pub(super) fn repeated(profile: Profile) -> Self {
        match profile {
            Profile::ZeroTrust => Self::Agree,
            Profile::Istio => Self::Any,
        }
    }
}

/// S-3: "field = OR(values) AND NOT OR(notValues)"; a list that is absent asks nothing.
pub(super) fn field(
    owner: &Value,
    (name, not_name): Names,
    mut matches: impl FnMut(&Value) -> Answer,
) -> Answer {
    let positive = match list(owner, name)? {
        [] => Truth::True,
        values => any(values.iter().map(&mut matches))?,
    };
    let negative = match list(owner, not_name)? {
        [] => Truth::True,
        values => any(values.iter().map(&mut matches))?.not(),
    };
    all([Ok(positive), Ok(negative)])
}

/// The same for inputs that are known. S-5: "absent input makes the positive match false and so `notX` true".
pub(super) fn inputs<T>(
    owner: &Value,
    (name, not_name): Names,
    several: Several,
    inputs: &[T],
    matches: impl Fn(&Value, &T) -> Result<bool, String>,
) -> Answer {
    let part = |values: &[Value]| {
        let mut hits = 0;
        for input in inputs {
            for value in values {
                if matches(value, input)? {
                    hits += 1;
                    break;
                }
            }
        }
        Ok::<_, String>(together(several, hits, inputs.len()))
    };
    let positive = match list(owner, name)? {
        [] => Truth::True,
        values => part(values)?,
    };
    let negative = match list(owner, not_name)? {
        [] => Truth::True,
        values => part(values)?.not(),
    };
    all([Ok(positive), Ok(negative)])
}

/// What `hits` of `count` inputs mean.
pub(super) fn together(several: Several, hits: usize, count: usize) -> Truth {
    match several {
        _ if hits == 0 => Truth::False,
        Several::Agree if hits < count => Truth::Unknown,
        Several::Any | Several::Agree => Truth::True,
    }
}

/// The same for an input that cannot be read: unknown if anything is asked.
pub(super) fn unknown(owner: &Value, names: Names) -> Answer {
    field(owner, names, |_| Ok(Truth::Unknown))
}
