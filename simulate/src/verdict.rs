//! [`Verdict`]: what an engine says about one request, in the words of the corpus.

use std::fmt;

use serde::Deserialize;

use crate::error::SimulationError;

/// `allow` or `deny`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The request goes on.
    Allow,
    /// The request ends here.
    Deny,
}

/// A decision with its reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// Whether the request goes on.
    pub decision: Effect,
    /// The one word that says why, such as `no-matching-allow`.
    pub cause: String,
    /// The policy that decided, as `namespace/name`, where one did.
    pub policy: Option<String>,
    /// The index of the rule that decided, where one did.
    pub rule: Option<usize>,
    /// The AUDIT policies that marked the request, as `namespace/name`, in policy order.
    pub audited: Vec<String>,
    /// The dry-run policies that would have denied it.
    pub would_deny: Vec<String>,
    /// The dry-run policies that would have allowed it.
    pub would_allow: Vec<String>,
}

impl Verdict {
    /// A decision that no policy made and none observed.
    #[must_use]
    pub fn new(decision: Effect, cause: &str) -> Self {
        Self {
            decision,
            cause: cause.to_owned(),
            policy: None,
            rule: None,
            audited: Vec::new(),
            would_deny: Vec::new(),
            would_allow: Vec::new(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            decision,
            cause,
            policy,
            rule,
            audited,
            would_deny,
            would_allow,
        } = self;
        write!(formatter, "{} ({cause}", decision.word())?;
        if let Some(policy) = policy {
            write!(formatter, ", policy {policy}")?;
        }
        if let Some(rule) = rule {
            write!(formatter, ", rule {rule}")?;
        }
        formatter.write_str(")")?;
        for (word, policies) in [
            ("audited", audited),
            ("would deny", would_deny),
            ("would allow", would_allow),
        ] {
            if !policies.is_empty() {
                write!(formatter, ", {word}: {}", policies.join(", "))?;
            }
        }
        Ok(())
    }
}

impl Effect {
    /// The word in corpus, metrics and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }

    /// The effect with this word.
    ///
    /// # Errors
    /// When the word is neither `allow` nor `deny`.
    pub fn from_word(word: &str) -> Result<Self, SimulationError> {
        match word {
            "allow" => Ok(Self::Allow),
            "deny" => Ok(Self::Deny),
            _ => Err(SimulationError::NoSuch {
                what: "decision",
                text: word.to_owned(),
            }),
        }
    }
}
