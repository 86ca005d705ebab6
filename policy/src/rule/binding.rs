//! [`Bindings`]: the attributes that names in path templates stand for (E-6).

use crate::input::{Input, Inputs};
use crate::rule::condition::{ClaimPath, HeaderName};
use crate::rule::facts::Facts;
use crate::rule::identity_part::IdentityPart;
use crate::truth::Truth;

/// From names to attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings(pub(crate) Vec<(Box<str>, BoundAttribute)>);

/// An attribute that a segment of a path may have to equal.
#[derive(Clone, Debug)]
pub(crate) enum BoundAttribute {
    Source(IdentityPart),
    Claim(ClaimPath),
    Header(HeaderName),
}

impl Bindings {
    /// Whether the segment equals the attribute behind the name; a name that is not bound equals nothing.
    pub(crate) fn judge(&self, name: &str, segment: &[u8], facts: &Facts<'_>) -> Truth {
        let attribute = self.0.iter().find(|(bound, _)| **bound == *name);
        attribute.map_or(Truth::False, |(_, attribute)| facts.equals(attribute, segment))
    }

    pub(crate) fn inputs(&self) -> Inputs {
        let input = |(_, attribute): &(Box<str>, BoundAttribute)| match attribute {
            BoundAttribute::Claim(_) => Inputs::from(Input::Metadata),
            BoundAttribute::Source(_) | BoundAttribute::Header(_) => Inputs::NONE,
        };
        Inputs::all(self.0.iter().map(input))
    }
}
