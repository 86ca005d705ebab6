//! Compiled policies: the rule algebra of S-3 over matchers.

pub(crate) mod attribute_name;
pub(crate) mod binding;
pub(crate) mod compared;
pub(crate) mod condition;
pub(crate) mod facts;
pub(crate) mod header_names;
pub(crate) mod identity_part;
pub(crate) mod operation;
pub(crate) mod policy;
pub(crate) mod source;

use crate::input::{Input, Inputs};
use crate::request::Protocol;
use crate::rule::condition::Condition;
use crate::rule::facts::Facts;
use crate::rule::header_names::HeaderNames;
use crate::rule::operation::Operation;
use crate::rule::source::Source;
use crate::truth::Truth;

/// One rule: a source AND an operation AND every condition. A rule that names none matches everything.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) from: Box<[Source]>,
    pub(crate) to: Box<[Operation]>,
    pub(crate) when: Box<[Condition]>,
    inputs: Inputs,
    speaks_http: bool,
}

impl Rule {
    /// The rule with one of `from`, or any source where there are none; likewise for `to`; and all of `when`.
    pub(crate) fn new(from: Vec<Source>, to: Vec<Operation>, when: Vec<Condition>) -> Self {
        let sources = from.iter().map(Source::inputs);
        let operations = to.iter().map(Operation::inputs);
        let conditions = when.iter().map(Condition::inputs);
        Self {
            inputs: Inputs::all(sources.chain(operations).chain(conditions)),
            speaks_http: from.iter().any(Source::speaks_http)
                || to.iter().any(Operation::speaks_http)
                || when.iter().any(Condition::speaks_http),
            from: from.into(),
            to: to.into(),
            when: when.into(),
        }
    }

    /// On a TCP connection the parts that read HTTP are left out (S-10).
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        let sources = one_of(&self.from, |source| source.judge(facts));
        if sources == Truth::False {
            return Truth::False;
        }
        let operations = one_of(&self.to, |operation| operation.judge(facts));
        if operations == Truth::False {
            return Truth::False;
        }
        let conditions = Truth::all(self.when.iter().map(|condition| condition.judge(facts)));
        sources.and(operations).and(conditions)
    }

    /// Whether the rule can be read whole where this is spoken (S-10).
    pub(crate) fn is_whole_on(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Http => true,
            Protocol::Tcp => !self.speaks_http,
        }
    }

    /// Whether the rule reads the input.
    pub(crate) fn reads(&self, input: Input) -> bool {
        self.inputs.contains(input)
    }

    pub(crate) fn inputs(&self) -> Inputs {
        self.inputs
    }

    /// Adds the names of the headers that the rule reads.
    pub(crate) fn name_headers(&self, names: &mut HeaderNames) {
        self.to.iter().for_each(|operation| operation.name_headers(names));
        self.when
            .iter()
            .for_each(|condition| condition.name_headers(names));
    }
}

fn one_of<T>(alternatives: &[T], judge: impl Fn(&T) -> Truth) -> Truth {
    if alternatives.is_empty() {
        Truth::True
    } else {
        Truth::any(alternatives.iter().map(judge))
    }
}
