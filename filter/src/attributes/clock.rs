//! The time of the decision, by the proxy's clock.

use spiffe_authz_policy::Attribute;
use time::OffsetDateTime;

use super::reading::known;
use crate::host::Host;

/// The time now.
pub(super) fn read_time(host: &impl Host) -> Attribute<OffsetDateTime> {
    known(host.nanoseconds_since_epoch().ok().and_then(time_of))
}

/// In steps of 64 bits: in one of 128, dividing would take most of the time.
fn time_of(nanoseconds: u64) -> Option<OffsetDateTime> {
    let seconds = i64::try_from(nanoseconds / NANOSECONDS_OF_A_SECOND).ok()?;
    let rest = u32::try_from(nanoseconds % NANOSECONDS_OF_A_SECOND).ok()?;
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    time.replace_nanosecond(rest).ok()
}

const NANOSECONDS_OF_A_SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;

    #[test]
    fn the_time_is_the_proxys_to_the_nanosecond() {
        let host = FakeHost::new();
        for count in [0, 1_767_225_600_000_000_001, u64::MAX] {
            host.set_time(Ok(count));
            let expected = OffsetDateTime::from_unix_timestamp_nanos(i128::from(count)).unwrap();
            assert_eq!(read_time(&host), Attribute::Known(expected));
        }
    }

    #[test]
    fn a_clock_that_does_not_answer_leaves_the_time_unreadable() {
        let host = FakeHost::new();
        for error in [HostError::NotFound, HostError::Status(12)] {
            host.set_time(Err(error));
            assert_eq!(read_time(&host), Attribute::Unreadable);
        }
    }
}
