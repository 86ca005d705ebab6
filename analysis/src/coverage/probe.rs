//! [`Probes`]: a policy that only watches for every rule, and for every value alone.

use spiffe_authz_policy::{
    Document, StatedAction, StatedAlternative, StatedClause, StatedConfiguration, StatedPolicy, StatedRule,
    StatedValue,
};
use time::OffsetDateTime;

use crate::coverage::ValueSign;
use crate::coverage::probe_document::{Part, ValueList, fields, map, text};

/// How many probes there are at most: beyond it values are not measured. Each takes about as much memory as a rule.
const MOST_PROBES: usize = 100_000;

/// How many values of one rule are looked at one by one: each probe holds the rest of its rule.
const MOST_VALUES_OF_A_RULE: usize = 1000;

/// The number of a probe.
pub(super) type ProbeNumber = usize;

/// Every probe, and what each is about.
#[derive(Clone, Debug)]
pub(super) struct Probes {
    /// By their numbers.
    pub(super) probes: Vec<Probe>,
    /// Of each policy, as many as there are.
    pub(super) policies: Vec<ProbedPolicy>,
}

/// One policy that only watches.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) resource: Document,
    /// Of an exception: its end, from which on it admits nothing.
    pub(super) until: Option<OffsetDateTime>,
}

/// The probes of one policy.
#[derive(Clone, Debug)]
pub(super) struct ProbedPolicy {
    /// Its index in [`StatedConfiguration::policies`].
    pub(super) policy: usize,
    pub(super) rules: Vec<ProbedRule>,
}

/// The probes of one rule.
#[derive(Clone, Debug)]
pub(super) struct ProbedRule {
    /// Its index in its policy.
    pub(super) rule: usize,
    pub(super) at: String,
    pub(super) whole: ProbeNumber,
    pub(super) values: Vec<ProbedValue>,
}

/// The probes of one value.
#[derive(Clone, Debug)]
pub(super) struct ProbedValue {
    pub(super) at: String,
    pub(super) key: String,
    pub(super) text: String,
    pub(super) sign: ValueSign,
    pub(super) speaks_http: bool,
    pub(super) measure: Measure,
}

/// How it is found whether a request tries a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Measure {
    /// This probe applies: the rule with the value alone.
    Alone(ProbeNumber),
    /// The rule without the list applies, and the rule with the value alone in it does not.
    KeptOut { open: ProbeNumber, with: ProbeNumber },
    /// There is no probe.
    NotAtAll,
}

impl Probes {
    /// The probes of a configuration, which is stated there too. A CUSTOM policy has none: it is not served here.
    pub(super) fn of(document: &Document, stated: &StatedConfiguration) -> Self {
        let mut probes = Self {
            probes: Vec::new(),
            policies: Vec::new(),
        };
        let resources = document.field("resources").and_then(Document::as_list);
        let resources = resources.unwrap_or_default();
        for (number, policy) in stated.policies.iter().enumerate() {
            let resource = resources.get(policy.index);
            if let Some(resource) = resource.filter(|_| policy.action != StatedAction::Custom) {
                probes.add_policy(number, &Guarded { resource, policy });
            }
        }
        probes
    }

    fn add_policy(&mut self, number: usize, guarded: &Guarded<'_>) {
        let rules = guarded.policy.rules.iter();
        let rules = rules.filter_map(|rule| self.add_rule(guarded, rule)).collect();
        self.policies.push(ProbedPolicy {
            policy: number,
            rules,
        });
    }

    fn add_rule(&mut self, guarded: &Guarded<'_>, stated: &StatedRule) -> Option<ProbedRule> {
        let rule = guarded.rule(stated.index)?;
        let whole = self.add(guarded, rule.clone());
        let mut values = Vec::new();
        for (part, index, clause) in clauses(stated) {
            let place = Place {
                rule,
                part,
                index,
                whole,
            };
            self.add_clause(guarded, place, clause, &mut values);
        }
        Some(ProbedRule {
            rule: stated.index,
            at: stated.at.clone(),
            whole,
            values,
        })
    }

    fn add_clause(
        &mut self,
        guarded: &Guarded<'_>,
        place: Place<'_>,
        clause: &StatedClause,
        values: &mut Vec<ProbedValue>,
    ) {
        let mut open = Open::default();
        let any_of = clause.any_of.iter().map(|value| (ValueSign::AnyOf, value));
        let none_of = clause.none_of.iter().map(|value| (ValueSign::NoneOf, value));
        for (sign, value) in any_of.chain(none_of) {
            let is_within = values.len() < MOST_VALUES_OF_A_RULE && self.probes.len() < MOST_PROBES;
            let measure = is_within.then(|| match sign {
                ValueSign::AnyOf => self.alone(guarded, place, value),
                ValueSign::NoneOf => self.kept_out(guarded, place, value, &mut open),
            });
            values.push(ProbedValue {
                at: value.at.clone(),
                key: clause.key.to_string(),
                text: value.text.clone(),
                sign,
                speaks_http: clause.key.speaks_http(),
                measure: measure.flatten().unwrap_or(Measure::NotAtAll),
            });
        }
    }

    fn alone(&mut self, guarded: &Guarded<'_>, place: Place<'_>, value: &StatedValue) -> Option<Measure> {
        let (field, index) = last_step(&value.at)?;
        let list = place.list(field);
        if list.is_the_only_choice() {
            return Some(Measure::Alone(place.whole));
        }
        let rule = list.with_alone(index)?;
        Some(Measure::Alone(self.add(guarded, rule)))
    }

    fn kept_out<'v>(
        &mut self,
        guarded: &Guarded<'_>,
        place: Place<'_>,
        value: &'v StatedValue,
        open: &mut Open<'v>,
    ) -> Option<Measure> {
        let (field, index) = last_step(&value.at)?;
        let list = place.list(field);
        if open.field != field {
            *open = Open {
                field,
                probe: self.add(guarded, list.without()?),
            };
        }
        let with = self.add(guarded, list.with_alone(index)?);
        Some(Measure::KeptOut {
            open: open.probe,
            with,
        })
    }

    fn add(&mut self, guarded: &Guarded<'_>, rule: Document) -> ProbeNumber {
        let number = self.probes.len();
        self.probes.push(Probe {
            resource: guarded.probe(number, rule),
            until: guarded.policy.exception.as_ref().map(|exception| exception.until),
        });
        number
    }
}

/// A policy, as it is written and as it is stated.
#[derive(Clone, Copy)]
struct Guarded<'d> {
    resource: &'d Document,
    policy: &'d StatedPolicy,
}

/// Where a clause stands.
#[derive(Clone, Copy)]
struct Place<'d> {
    rule: &'d Document,
    part: Part,
    index: usize,
    /// The probe of the whole rule.
    whole: ProbeNumber,
}

/// The probe without a list, made once for all of its values.
#[derive(Default)]
struct Open<'v> {
    field: &'v str,
    probe: ProbeNumber,
}

impl<'d> Guarded<'d> {
    fn rule(self, index: usize) -> Option<&'d Document> {
        let rules = self.resource.field("spec")?.field("rules")?;
        rules.as_list()?.get(index)
    }

    /// A policy for the same workloads that only watches. What allows has to match for certain, as a dry run has; what
    /// denies or marks applies too where it cannot be told, as an AUDIT policy does.
    fn probe(self, number: ProbeNumber, rule: Document) -> Document {
        let (action, annotations) = match self.policy.action {
            StatedAction::Allow => ("ALLOW", map([("istio.io/dry-run", text("true"))])),
            StatedAction::Deny | StatedAction::Audit | StatedAction::Custom => ("AUDIT", map([])),
        };
        let metadata = map([
            ("name", text(&probe_name(number))),
            ("namespace", text(&self.policy.id.namespace)),
            ("annotations", annotations),
        ]);
        self.with(metadata, action, vec![rule])
    }

    /// A policy for the same workloads.
    fn with(self, metadata: Document, action: &str, rules: Vec<Document>) -> Document {
        let spec = self.resource.field("spec").and_then(fields).unwrap_or_default();
        let attached = spec
            .iter()
            .filter(|(name, _)| ATTACHMENT.contains(&name.as_str()));
        let mut spec: Vec<(String, Document)> = attached.cloned().collect();
        spec.push(("action".to_owned(), text(action)));
        spec.push(("rules".to_owned(), Document::List(rules)));
        let kept = fields(self.resource).unwrap_or_default().iter();
        let kept = kept.filter(|(name, _)| matches!(name.as_str(), "apiVersion" | "kind"));
        let own = [
            ("metadata".to_owned(), metadata),
            ("spec".to_owned(), Document::Map(spec)),
        ];
        Document::Map(kept.cloned().chain(own).collect())
    }
}

impl<'d> Place<'d> {
    fn list<'l>(self, field: &'l str) -> ValueList<'l>
    where
        'd: 'l,
    {
        let Self {
            rule, part, index, ..
        } = self;
        ValueList {
            rule,
            part,
            index,
            field,
        }
    }
}

/// The fields that say which workloads a policy is for.
const ATTACHMENT: [&str; 3] = ["selector", "targetRef", "targetRefs"];

const NAME: &str = "probe-";

fn probe_name(number: ProbeNumber) -> String {
    format!("{NAME}{number}")
}

/// The number behind the name of a probe.
pub(super) fn probe_number(name: &str) -> Option<ProbeNumber> {
    name.strip_prefix(NAME)?.parse().ok()
}

fn clauses(rule: &StatedRule) -> impl Iterator<Item = (Part, usize, &StatedClause)> {
    let of = |part: Part, alternative: &'_ StatedAlternative| (part, alternative.index);
    let sources = rule
        .from
        .iter()
        .map(move |source| (of(Part::Source, source), source));
    let operations = rule
        .to
        .iter()
        .map(move |operation| (of(Part::Operation, operation), operation));
    let alternatives = sources
        .chain(operations)
        .flat_map(|((part, index), alternative)| {
            let clauses = alternative.clauses.iter();
            clauses.map(move |clause| (part, index, clause))
        });
    let conditions = rule.when.iter().filter_map(|clause| {
        let (_, index) = last_step(&clause.at)?;
        Some((Part::Condition, index, clause))
    });
    alternatives.chain(conditions)
}

/// The field and the index at the end of a place: of `a.b[0].c[7]` it is `c` and 7.
fn last_step(at: &str) -> Option<(&str, usize)> {
    let (_, last) = at.rsplit_once('.')?;
    let (field, index) = last.strip_suffix(']')?.split_once('[')?;
    Some((field, index.parse().ok()?))
}
