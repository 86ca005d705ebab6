//! A value of `hosts`.

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::host::{HostMatcher, OnlyAPort};
use crate::profile::Profile;

pub(crate) fn compile(
    profile: Profile,
    value: &str,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<HostMatcher> {
    match HostMatcher::new(profile, value) {
        Ok(host) => Some(host),
        Err(OnlyAPort) => {
            problems.invalid(
                at,
                value,
                "a host: in profile zero-trust ports are not compared, use `ports`",
            );
            None
        }
    }
}
