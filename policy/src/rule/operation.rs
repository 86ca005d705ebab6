//! [`Operation`]: what is asked for (`to[].operation`).

use crate::input::{Input, Inputs};
use crate::matcher::header::HeaderMatcher;
use crate::matcher::host::HostMatcher;
use crate::matcher::path::PathMatcher;
use crate::matcher::port::PortMatcher;
use crate::matcher::regex::RegexMatcher;
use crate::matcher::values::Values;
use crate::rule::attribute_name::HeaderName;
use crate::rule::binding::Bindings;
use crate::rule::facts::Facts;
use crate::rule::header_names::HeaderNames;
use crate::truth::Truth;

/// What is asked for: all fields together.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) hosts: Values<HostMatcher>,
    pub(crate) host_regexes: Values<RegexMatcher>,
    pub(crate) ports: Values<PortMatcher>,
    pub(crate) methods: Values<HeaderMatcher>,
    pub(crate) paths: Values<PathMatcher>,
    pub(crate) path_regexes: Values<RegexMatcher>,
    /// What the names in `paths` stand for (E-6).
    pub(crate) bindings: Bindings,
}

impl Operation {
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        let ports = facts.destination_port(&self.ports);
        if ports == Truth::False {
            return Truth::False;
        }
        ports.and(facts.on_http(|| self.judge_http(facts)))
    }

    fn judge_http(&self, facts: &Facts<'_>) -> Truth {
        let Self {
            hosts,
            host_regexes,
            ports: _,
            methods,
            paths,
            path_regexes,
            bindings,
        } = self;
        Truth::all([
            facts.methods(methods),
            facts.hosts(hosts),
            facts.paths(paths, &|name, segment| bindings.judge(name, segment, facts)),
            facts.host_regexes(host_regexes),
            facts.path_regexes(path_regexes),
        ])
    }

    pub(crate) fn speaks_http(&self) -> bool {
        let Self {
            hosts,
            host_regexes,
            ports: _,
            methods,
            paths,
            path_regexes,
            bindings: _,
        } = self;
        !(hosts.is_empty()
            && host_regexes.is_empty()
            && methods.is_empty()
            && paths.is_empty()
            && path_regexes.is_empty())
    }

    pub(crate) fn inputs(&self) -> Inputs {
        let reads_host = !(self.hosts.is_empty() && self.host_regexes.is_empty());
        let reads_path = !(self.paths.is_empty() && self.path_regexes.is_empty());
        Inputs::when(reads_host, Input::Host) | Inputs::when(reads_path, Input::Path) | self.bindings.inputs()
    }

    /// Adds the names of the headers that the operation reads.
    pub(crate) fn name_headers(&self, names: &mut HeaderNames) {
        let inputs = self.inputs();
        if inputs.contains(Input::Host) {
            names.add(&HeaderName::Authority);
        }
        if inputs.contains(Input::Path) {
            names.add(&HeaderName::Path);
        }
        if !self.methods.is_empty() {
            names.add(&HeaderName::Method);
        }
        self.bindings.name_headers(names);
    }
}
