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
    /// Those that are given; without any it is anything.
    pub(crate) fields: Box<[OperationField]>,
    /// What the names in paths stand for (E-6).
    pub(crate) bindings: Bindings,
}

/// One field with its `not` form.
#[derive(Clone, Debug)]
pub(crate) enum OperationField {
    Ports(Values<PortMatcher>),
    Methods(Values<HeaderMatcher>),
    Hosts(Values<HostMatcher>),
    Paths(Values<PathMatcher>),
    HostRegexes(Values<RegexMatcher>),
    PathRegexes(Values<RegexMatcher>),
}

impl Operation {
    /// Keeps of all fields those that are given.
    pub(crate) fn new(fields: impl IntoIterator<Item = OperationField>, bindings: Bindings) -> Self {
        Self {
            fields: fields.into_iter().filter(|field| !field.is_empty()).collect(),
            bindings,
        }
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        Truth::all(self.fields.iter().map(|field| field.judge(&self.bindings, facts)))
    }

    pub(crate) fn speaks_http(&self) -> bool {
        self.fields.iter().any(OperationField::speaks_http)
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs::all(self.fields.iter().map(OperationField::inputs)) | self.bindings.inputs()
    }

    /// Adds the names of the headers that the operation reads.
    pub(crate) fn name_headers(&self, names: &mut HeaderNames) {
        self.fields.iter().for_each(|field| field.name_headers(names));
        self.bindings.name_headers(names);
    }
}

impl OperationField {
    pub(crate) fn judge(&self, bindings: &Bindings, facts: &Facts<'_>) -> Truth {
        match self {
            Self::Ports(values) => facts.destination_port(values),
            Self::Methods(values) => facts.on_http(|| facts.methods(values)),
            Self::Hosts(values) => facts.on_http(|| facts.hosts(values)),
            Self::Paths(values) => {
                facts.on_http(|| facts.paths(values, &|name, segment| bindings.judge(name, segment, facts)))
            }
            Self::HostRegexes(values) => facts.on_http(|| facts.host_regexes(values)),
            Self::PathRegexes(values) => facts.on_http(|| facts.path_regexes(values)),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Ports(values) => values.is_empty(),
            Self::Methods(values) => values.is_empty(),
            Self::Hosts(values) => values.is_empty(),
            Self::Paths(values) => values.is_empty(),
            Self::HostRegexes(values) | Self::PathRegexes(values) => values.is_empty(),
        }
    }

    /// Whether only an HTTP request has the attribute (S-10).
    fn speaks_http(&self) -> bool {
        match self {
            Self::Ports(_) => false,
            Self::Methods(_)
            | Self::Hosts(_)
            | Self::Paths(_)
            | Self::HostRegexes(_)
            | Self::PathRegexes(_) => true,
        }
    }

    fn inputs(&self) -> Inputs {
        match self {
            Self::Hosts(_) | Self::HostRegexes(_) => Input::Host.into(),
            Self::Paths(_) | Self::PathRegexes(_) => Input::Path.into(),
            Self::Ports(_) => Input::DestinationPort.into(),
            Self::Methods(_) => Inputs::NONE,
        }
    }

    fn name_headers(&self, names: &mut HeaderNames) {
        match self {
            Self::Methods(_) => names.add(&HeaderName::Method),
            Self::Hosts(_) | Self::HostRegexes(_) => names.add(&HeaderName::Authority),
            Self::Paths(_) | Self::PathRegexes(_) => names.add(&HeaderName::Path),
            Self::Ports(_) => {}
        }
    }
}
