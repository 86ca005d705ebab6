//! Exceptions and the time (E-7).

use spiffe_authz_policy::StatedPolicy;
use time::Duration;

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

/// How long an exception may last before one wonders whether it is one.
const LONG: Duration = Duration::days(90);

pub(super) fn look(context: &Context<'_>, policy: &StatedPolicy) -> Option<Lint> {
    let now = context.now?;
    let until = policy.exception.as_ref()?.until;
    let seconds = until.unix_timestamp().saturating_sub(now.unix_timestamp());
    let left = Duration::seconds(seconds);
    let at = format!("{}.spec.exception.until", policy.at);
    let (code, message, help) = if !left.is_positive() {
        (
            LintCode::ExceptionEnded,
            format!(
                "the exception ended on {}: {} matches nothing any more",
                until.date(),
                policy.id
            ),
            "remove the policy",
        )
    } else if left > LONG {
        (
            LintCode::ExceptionLong,
            format!(
                "the exception lasts for {} days more, until {}",
                left.whole_days(),
                until.date()
            ),
            "let it end sooner, or write into the DENY policy what it does not deny",
        )
    } else {
        return None;
    };
    Some(Lint::new(code, &at, message).help(help))
}
