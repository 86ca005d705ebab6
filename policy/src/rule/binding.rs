//! [`Bindings`]: the attributes that names in path templates stand for (E-6).

use crate::input::{Input, Inputs};
use crate::matcher::values::Repeated;
use crate::rule::attribute_name::{ClaimPath, HeaderName};
use crate::rule::facts::{Facts, any_text};
use crate::rule::header_names::HeaderNames;
use crate::rule::identity_part::IdentityPart;
use crate::truth::Truth;

/// From names to attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings(pub(crate) Box<[(Box<str>, BoundAttribute)]>);

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
        attribute.map_or(Truth::False, |(_, attribute)| attribute.equals(segment, facts))
    }

    pub(crate) fn inputs(&self) -> Inputs {
        let input = |(_, attribute): &(Box<str>, BoundAttribute)| match attribute {
            BoundAttribute::Claim(_) => Inputs::from(Input::Metadata),
            BoundAttribute::Source(_) | BoundAttribute::Header(_) => Inputs::NONE,
        };
        Inputs::all(self.0.iter().map(input))
    }

    /// Adds the names of the headers that names stand for.
    pub(crate) fn name_headers(&self, names: &mut HeaderNames) {
        for (_, attribute) in &self.0 {
            match attribute {
                BoundAttribute::Header(name) => names.add(name),
                BoundAttribute::Source(_) | BoundAttribute::Claim(_) => {}
            }
        }
    }
}

impl BoundAttribute {
    /// Whether a segment of a path equals the attribute.
    fn equals(&self, segment: &[u8], facts: &Facts<'_>) -> Truth {
        match self {
            Self::Source(part) => facts
                .identity
                .judge(|known| part.equals(segment, known, facts.profile, facts.trust_domains)),
            Self::Claim(path) => facts
                .claim_at(path)
                .test(|claim| any_text(claim, |text| !text.is_empty() && text.as_bytes() == segment)),
            Self::Header(name) => equals_header(name, segment, facts),
        }
    }
}

fn equals_header(name: &HeaderName, segment: &[u8], facts: &Facts<'_>) -> Truth {
    let equal = |value: &[u8]| !value.is_empty() && value == segment;
    let request = facts.request;
    match name {
        HeaderName::Method => request.method.test(|value| equal(value)),
        HeaderName::Authority => request.host.test(|value| equal(value)),
        HeaderName::Path => request.path.test(|value| equal(value)),
        HeaderName::Listed(name) => facts
            .listed(name)
            .judge(|values| Repeated::of(facts.profile).judge(values.clone().map(equal))),
    }
}
