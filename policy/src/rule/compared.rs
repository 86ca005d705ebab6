//! What attributes of several parts are compared with.

use crate::matcher::header::HeaderMatcher;
use crate::matcher::number::NumberMatcher;
use crate::matcher::regex::RegexMatcher;
use crate::matcher::text::TextMatcher;
use crate::matcher::values::Values;

/// What the values of a header or query parameter are compared with: both parts.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    pub(crate) values: Values<HeaderMatcher>,
    pub(crate) regexes: Values<RegexMatcher>,
}

/// What a claim is compared with: all parts.
#[derive(Clone, Debug)]
pub(crate) struct ClaimValues {
    pub(crate) values: Values<TextMatcher>,
    pub(crate) numbers: Values<NumberMatcher>,
    pub(crate) booleans: Values<bool>,
}
