//! Compiled policies: the rule algebra of S-3 over matchers.

use crate::attribute::Attribute;
use crate::decision::{PolicyId, RuleRef};
use crate::identity::PeerIdentity;
use crate::matcher::header::HeaderMatcher;
use crate::matcher::host::HostMatcher;
use crate::matcher::namespace::NamespaceMatcher;
use crate::matcher::path::PathMatcher;
use crate::matcher::port::PortMatcher;
use crate::matcher::principal::PrincipalMatcher;
use crate::matcher::values::Values;
use crate::truth::Truth;

/// What rules are tested against: the request, with the identity established.
pub(crate) struct Facts<'r> {
    pub(crate) identity: Attribute<PeerIdentity<'r>>,
    pub(crate) destination_port: Attribute<u16>,
    pub(crate) method: Attribute<&'r [u8]>,
    pub(crate) host: Attribute<&'r [u8]>,
    /// Without query and fragment.
    pub(crate) path: Attribute<&'r [u8]>,
}

/// One AuthorizationPolicy that applies to the workload.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) rules: Vec<Rule>,
}

impl Policy {
    /// The first rule whose truth `applies`; none for a policy without rules.
    pub(crate) fn first_rule(&self, facts: &Facts<'_>, applies: fn(Truth) -> bool) -> Option<RuleRef<'_>> {
        let index = self.rules.iter().position(|rule| applies(rule.judge(facts)))?;
        Some(RuleRef {
            policy: &self.id,
            index,
        })
    }
}

/// One rule: a source AND an operation. A rule that names neither matches everything.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// One of these, or any source where there are none.
    pub(crate) from: Vec<Source>,
    /// One of these, or any operation where there are none.
    pub(crate) to: Vec<Operation>,
}

impl Rule {
    fn judge(&self, facts: &Facts<'_>) -> Truth {
        one_of(&self.from, |source| source.judge(facts))
            .and(one_of(&self.to, |operation| operation.judge(facts)))
    }

    /// Whether the rule compares the host of a request with anything.
    pub(crate) fn reads_host(&self) -> bool {
        self.to.iter().any(|operation| !operation.hosts.is_empty())
    }
}

/// Who sends: all fields together.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) principals: Values<PrincipalMatcher>,
    pub(crate) namespaces: Values<NamespaceMatcher>,
}

impl Source {
    fn judge(&self, facts: &Facts<'_>) -> Truth {
        let Self {
            principals,
            namespaces,
        } = self;
        let identity = &facts.identity;
        principals
            .judge(|principal| identity.test(|known| principal.matches(known.text)))
            .and(namespaces.judge(|namespace| identity.judge(|known| namespace.judge(known))))
    }
}

/// What is asked for: all fields together.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) hosts: Values<HostMatcher>,
    pub(crate) ports: Values<PortMatcher>,
    pub(crate) methods: Values<HeaderMatcher>,
    pub(crate) paths: Values<PathMatcher>,
}

impl Operation {
    fn judge(&self, facts: &Facts<'_>) -> Truth {
        let Self {
            hosts,
            ports,
            methods,
            paths,
        } = self;
        Truth::all([
            hosts.judge(|host| facts.host.test(|known| host.matches(known))),
            ports.judge(|port| facts.destination_port.test(|known| port.matches(*known))),
            methods.judge(|method| facts.method.test(|known| method.matches(known))),
            paths.judge(|path| facts.path.test(|known| path.matches(known))),
        ])
    }
}

fn one_of<T>(alternatives: &[T], judge: impl Fn(&T) -> Truth) -> Truth {
    if alternatives.is_empty() {
        Truth::True
    } else {
        Truth::any(alternatives.iter().map(judge))
    }
}
