//! Trailers: header lines that come behind the body, when the decision was made long ago.

use crate::attribute::Attribute;
use crate::decision::Denial;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::request::Headers;
use crate::request_bounds::require_lines_within_bounds;

impl PolicySet {
    /// Whether trailers of a request have to be asked for: in profile zero-trust, where policies in force read any header.
    #[must_use]
    pub fn judges_trailers(&self) -> bool {
        match self.profile {
            Profile::ZeroTrust => !self.refused_trailers.is_empty(),
            Profile::Istio => false,
        }
    }

    /// Why a request that was allowed must not go on with these trailers (profile zero-trust): one has the name of a header
    /// that policies in force read, so that a reader that merges trailers into headers (RFC 9110, section 6.5.1) would see
    /// another request than the one that was judged. Trailers that cannot be read may hold one.
    #[must_use]
    pub fn refuses_trailers(&self, trailers: Attribute<Headers<'_>>) -> Option<Denial<'static>> {
        if !self.judges_trailers() {
            return None;
        }
        match trailers {
            Attribute::Absent => None,
            Attribute::Unreadable => Some(Denial::TrailerInPolicy),
            Attribute::Known(trailers) => match require_lines_within_bounds(trailers) {
                Ok(()) => self.names_one_of(trailers).then_some(Denial::TrailerInPolicy),
                Err(too_large) => Some(too_large),
            },
        }
    }

    fn names_one_of(&self, trailers: Headers<'_>) -> bool {
        trailers
            .iter()
            .any(|(name, _)| self.refused_trailers.contains(name))
    }
}
