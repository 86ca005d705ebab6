//! [`LintCode`]: the table of what is looked for.

use std::fmt;

/// How much a lint matters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// What is written has no effect, or another than anybody means by it.
    Error,
    /// What is written is probably not what is meant, or leaves something open.
    Warning,
    /// What is written is sound; one should know what it means.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The codes, each written once: the variant, the name of its page, its severity, its sentence.
macro_rules! codes {
    ($($variant:ident, $code:literal, $severity:ident, $summary:literal;)+) => {
        /// Something that is looked for. `docs/lints/CODE.md` says more of it.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum LintCode {
            $(#[doc = $summary] $variant,)+
        }

        impl LintCode {
            /// All of them, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name, in kebab case, such as `spiffe-scheme`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// How much it matters.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What it is about, in one sentence.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }
        }
    };
}

codes! {
    SpiffeScheme, "spiffe-scheme", Error,
        "A principal that begins with `spiffe://` matches nobody in profile istio.";
    ImpossiblePrincipal, "impossible-principal", Error,
        "No SPIFFE ID can be this principal.";
    RequestPrincipalForm, "request-principal-form", Error,
        "A request principal of this form matches no ordinary token.";
    StarInside, "star-inside", Error,
        "A star that is neither the first nor the last character is taken literally.";
    ImpossiblePath, "impossible-path", Error,
        "No request has this path.";
    MethodCase, "method-case", Error,
        "A method in lower case matches no request.";
    Contradiction, "contradiction", Error,
        "Clauses that cannot hold together match nothing.";
    RootSelector, "root-selector", Error,
        "A PeerAuthentication with a selector in the root namespace is ignored.";
    TargetAtSidecar, "target-at-sidecar", Error,
        "A policy with `targetRefs` never applies to a sidecar.";
    Blanks, "blanks", Warning,
        "White space at either end of a value is part of it.";
    OpenPath, "open-path", Warning,
        "A path prefix that ends in a name matches longer names too.";
    OpenPrincipal, "open-principal", Warning,
        "A principal with a star right at a name matches other names too.";
    OpenHost, "open-host", Warning,
        "A host with a star right at a name matches other domains too.";
    NoAlias, "no-alias", Warning,
        "Only a principal of five parts is meant under every name of the mesh.";
    ServiceAccountInRoot, "service-account-in-root", Warning,
        "A service account without a namespace, in the root namespace, is one of the root namespace.";
    HostPortOpen, "host-port-open", Warning,
        "A host that is denied without its port is not denied with it in profile istio.";
    HostPortIgnored, "host-port-ignored", Warning,
        "The port of a host means nothing in profile zero-trust.";
    HostAsHeader, "host-as-header", Warning,
        "A host that is compared as a header is compared with its case and its port.";
    HostBits, "host-bits", Warning,
        "A block of addresses with bits behind its length is the whole block.";
    ClaimNotText, "claim-not-text", Warning,
        "A claim that is a number or a boolean matches no text.";
    DeniedPath, "denied-path", Warning,
        "A DENY rule names paths, and an ALLOW rule beside it lets every path in.";
    DeniedPathSlash, "denied-path-slash", Warning,
        "A path that is denied is not denied with a slash behind it.";
    DeniedTemplate, "denied-template", Warning,
        "A template that denies does not deny every character in profile istio.";
    DeniedRawPath, "denied-raw-path", Warning,
        "A path that is denied as a header is not denied with a query.";
    DuplicateValue, "duplicate-value", Warning,
        "A value stands twice.";
    ExcludedValue, "excluded-value", Warning,
        "A value is excluded by another beside it.";
    AbsentPasses, "absent-passes", Warning,
        "An ALLOW rule that only excludes values lets through what leaves the attribute out.";
    AllowByExclusion, "allow-by-exclusion", Warning,
        "An ALLOW rule that says only who is not meant allows everyone else.";
    SplitRule, "split-rule", Warning,
        "`from` and `to` as two list items are two rules.";
    AllowEverything, "allow-everything", Warning,
        "An ALLOW rule without a condition allows everything to everyone.";
    HttpFieldsOnTcpPort, "http-fields-on-tcp-port", Warning,
        "A rule asks for HTTP on a port that does not speak it.";
    DuplicateRule, "duplicate-rule", Warning,
        "A rule is the same as another.";
    ShadowedRule, "shadowed-rule", Warning,
        "A rule matches nothing that another does not match.";
    DeniedAllow, "denied-allow", Warning,
        "Everything that an ALLOW rule allows is denied.";
    NarrowerPolicy, "narrower-policy", Warning,
        "A policy beside this one is wider, and this one does nothing.";
    NoRules, "no-rules", Warning,
        "A DENY or AUDIT policy without rules never matches.";
    SelectorWithoutLabels, "selector-without-labels", Warning,
        "A selector without labels selects every workload.";
    DryRunAlone, "dry-run-alone", Warning,
        "A dry run is the only ALLOW policy for its workloads.";
    ExceptionEnded, "exception-ended", Warning,
        "An exception has ended.";
    ExceptionLong, "exception-long", Warning,
        "An exception lasts for more than 90 days.";
    PlaintextOpen, "plaintext-open", Warning,
        "Plaintext is taken.";
    NoPeerAuthentication, "no-peer-authentication", Warning,
        "Nothing asks for mTLS, and profile istio takes plaintext.";
    TwoPeerAuthentications, "two-peer-authentications", Warning,
        "Of two PeerAuthentications for the same workloads one is ignored.";
    HbonePort, "hbone-port", Warning,
        "The mode of port 15008 is always STRICT.";
    UnknownIdentity, "unknown-identity", Warning,
        "A principal is not in the inventory.";
    UnknownNamespace, "unknown-namespace", Warning,
        "A namespace is not in the inventory.";
    UnknownServiceAccount, "unknown-service-account", Warning,
        "A service account is not in the inventory.";
    SelectsNobody, "selects-nobody", Warning,
        "A policy selects none of the workloads of the inventory.";
    ClusterLocal, "cluster-local", Note,
        "`cluster.local` means a mesh of another name.";
    ForeignTrustDomain, "foreign-trust-domain", Note,
        "A principal is in a trust domain that is none of the mesh's.";
    AnyTrustDomain, "any-trust-domain", Note,
        "A value of an ALLOW policy holds in every trust domain.";
    OneFamily, "one-family", Note,
        "A block of every address holds those of one family.";
    CoveredValue, "covered-value", Note,
        "A value is taken in by another beside it.";
    DenyEverything, "deny-everything", Note,
        "A DENY rule without a condition denies everything.";
    DenyWidensOnTcp, "deny-widens-on-tcp", Note,
        "A DENY rule that asks for HTTP alone denies every TCP connection.";
    AllowNothing, "allow-nothing", Note,
        "An ALLOW policy without rules allows nothing.";
    DenyAlone, "deny-alone", Note,
        "Nothing says what is allowed beside a DENY policy in profile istio.";
    OutOfReach, "out-of-reach", Note,
        "A policy never applies to the workload of the configuration.";
    ProfileDifference, "profile-difference", Note,
        "The two profiles decide differently here.";
    Extension, "extension", Note,
        "A field is not Istio's.";
}

impl LintCode {
    /// The code of this name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_and_is_found_by_its_name() {
        for code in LintCode::ALL {
            assert_eq!(LintCode::parse(code.code()), Some(*code));
        }
        assert_eq!(LintCode::parse("no-such-lint"), None);
    }

    #[test]
    fn every_summary_is_one_sentence() {
        for code in LintCode::ALL {
            let summary = code.summary();
            assert!(
                summary.ends_with('.') && summary.matches(". ").count() == 0,
                "{summary}"
            );
        }
    }
}
