//! [`WeakPoint`]: what can be weak in an Envoy configuration.

use std::fmt;

/// What can be weak in an Envoy configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeakPoint {
    /// A filter chain forwards without the filter.
    Unguarded,
    /// The filter has no interlock behind it.
    InterlockMissing,
    /// Another filter stands between the filter and the interlock.
    InterlockNotRightBehind,
    /// The interlock has only shadow rules, which refuse nothing.
    InterlockShadowOnly,
    /// The interlock also admits what the filter has not allowed.
    InterlockTooWide,
    /// The filter is left out after a fault.
    FailsOpen,
    /// The filter or the interlock is disabled, or left out where Envoy does not know it.
    Disabled,
    /// A route has a configuration of its own for the filter or the interlock, and may disable it.
    OverriddenOnRoute,
    /// The filter's discovery takes other filters too, or another one stands in until it has answered.
    OpenDiscovery,
    /// The plugin's list of capabilities lacks the callback that decides.
    DecisionNotOnCapabilityList,
    /// Native code in a module runs unverified.
    PrecompiledCode,
    /// Another filter writes the word that opens the interlock.
    WordFromElsewhere,
    /// A filter that may change requests stands behind the decision.
    FilterBehindDecision,
    /// Certificates that chain to no trust bundle, or have expired, are accepted.
    AcceptsUntrusted,
    /// Client certificates are required, and nothing validates them.
    NoValidationContext,
    /// A resumed session skips the check of the peer's certificate.
    SessionResumption,
    /// Paths reach the filter with `.` and `..` segments.
    PathsNotNormalised,
    /// Paths reach the filter with repeated slashes.
    SlashesNotMerged,
    /// Paths reach the filter with escaped slashes.
    EscapedSlashesKept,
    /// Nothing tells the filter the address at the other end of the connection.
    DirectAddressMissing,
    /// The application is dialled, and may be heard, before the peer's handshake.
    DialsBeforeHandshake,
    /// A part comes from elsewhere and cannot be looked at here.
    NotShown,
}

impl WeakPoint {
    /// Every weak point.
    pub const ALL: [Self; 22] = [
        Self::Unguarded,
        Self::InterlockMissing,
        Self::InterlockNotRightBehind,
        Self::InterlockShadowOnly,
        Self::InterlockTooWide,
        Self::FailsOpen,
        Self::Disabled,
        Self::OverriddenOnRoute,
        Self::OpenDiscovery,
        Self::DecisionNotOnCapabilityList,
        Self::PrecompiledCode,
        Self::WordFromElsewhere,
        Self::FilterBehindDecision,
        Self::AcceptsUntrusted,
        Self::NoValidationContext,
        Self::SessionResumption,
        Self::PathsNotNormalised,
        Self::SlashesNotMerged,
        Self::EscapedSlashesKept,
        Self::DirectAddressMissing,
        Self::DialsBeforeHandshake,
        Self::NotShown,
    ];

    /// Its one kebab-case word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unguarded => "unguarded",
            Self::InterlockMissing => "interlock-missing",
            Self::InterlockNotRightBehind => "interlock-not-right-behind",
            Self::InterlockShadowOnly => "interlock-shadow-only",
            Self::InterlockTooWide => "interlock-too-wide",
            Self::FailsOpen => "fails-open",
            Self::Disabled => "disabled",
            Self::OverriddenOnRoute => "overridden-on-route",
            Self::OpenDiscovery => "open-discovery",
            Self::DecisionNotOnCapabilityList => "decision-not-on-capability-list",
            Self::PrecompiledCode => "precompiled-code",
            Self::WordFromElsewhere => "word-from-elsewhere",
            Self::FilterBehindDecision => "filter-behind-decision",
            Self::AcceptsUntrusted => "accepts-untrusted",
            Self::NoValidationContext => "no-validation-context",
            Self::SessionResumption => "session-resumption",
            Self::PathsNotNormalised => "paths-not-normalised",
            Self::SlashesNotMerged => "slashes-not-merged",
            Self::EscapedSlashesKept => "escaped-slashes-kept",
            Self::DirectAddressMissing => "direct-address-missing",
            Self::DialsBeforeHandshake => "dials-before-handshake",
            Self::NotShown => "not-shown",
        }
    }
}

impl fmt::Display for WeakPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unguarded => {
                "this chain forwards without the filter `spiffe_authz`: put it and its interlock in front"
            }
            Self::InterlockMissing => "the filter has no interlock: put it right behind the filter",
            Self::InterlockNotRightBehind => "another filter stands between the filter and the interlock",
            Self::InterlockShadowOnly => "shadow rules refuse nothing: give the interlock `rules`",
            Self::InterlockTooWide => {
                "the interlock must admit nothing but the filter's own \"allow\" in filter state"
            }
            Self::FailsOpen => "after a fault requests pass unjudged: set `failure_policy: FAIL_RELOAD`",
            Self::Disabled => "a filter that is disabled or optional may be left out of the chain",
            Self::OverriddenOnRoute => "a route must not change the filter or the interlock",
            Self::OpenDiscovery => "discovery must take a Wasm filter alone, and have none that stands in",
            Self::DecisionNotOnCapabilityList => "the list of capabilities lacks the callback that decides",
            Self::PrecompiledCode => {
                "native code in a module runs unverified: set `allow_precompiled: false`"
            }
            Self::WordFromElsewhere => "only the filter may write `wasm.spiffe_authz` into filter state",
            Self::FilterBehindDecision => "a filter behind the decision may change what was decided on",
            Self::AcceptsUntrusted => "a certificate must chain to the trust bundle and be in force",
            Self::NoValidationContext => "client certificates are required and nothing validates them",
            Self::SessionResumption => "a resumed session skips the check of the peer's certificate",
            Self::PathsNotNormalised => {
                "the filter and the application may read two paths: set `normalize_path`"
            }
            Self::SlashesNotMerged => {
                "the filter and the application may read two paths: set `merge_slashes`"
            }
            Self::EscapedSlashesKept => {
                "the filter and the application may read two paths: set `path_with_escaped_slashes_action`"
            }
            Self::DirectAddressMissing => {
                "the filter cannot know the peer's address: write it into filter state in front"
            }
            Self::DialsBeforeHandshake => {
                "the application is dialled before the handshake: set `upstream_connect_mode`"
            }
            Self::NotShown => "this part comes from elsewhere: look at it there",
        })
    }
}
