//! [`Clause`]: a part of a rule that must hold, and by one of which the rule is filed.

use crate::index::counts::Counts;
use crate::index::field::Field;
use crate::index::place::{Form, Place, Places};
use crate::rule::Rule;
use crate::rule::condition::Condition;
use crate::rule::operation::{Operation, OperationField};
use crate::rule::source::{Source, SourceField};

/// One of `from`, one of `to`, or an entry of `when`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clause<'r> {
    From(&'r [Source]),
    To(&'r [Operation]),
    When(&'r Condition),
}

/// One of those of which one must hold: all of its fields.
#[derive(Clone, Copy, Debug)]
enum Alternative<'r> {
    Source(&'r Source),
    Operation(&'r Operation),
    Condition(&'r Condition),
}

/// What it costs a request to have a rule filed so. The smaller, the better.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Cost {
    /// With how many others the rule is filed, at most.
    pub(super) crowd: u32,
    /// Under how many places.
    pub(super) places: u32,
}

impl<'r> Clause<'r> {
    pub(super) fn of(rule: &'r Rule) -> impl Iterator<Item = Self> {
        let from = (!rule.from.is_empty()).then_some(Self::From(&rule.from));
        let to = (!rule.to.is_empty()).then_some(Self::To(&rule.to));
        from.into_iter().chain(to).chain(rule.when.iter().map(Self::When))
    }

    /// The one of a rule that costs least, if any can be filed.
    pub(super) fn cheapest(rule: &'r Rule, counts: &Counts) -> Option<(Cost, Self)> {
        Self::of(rule)
            .filter_map(|clause| Some((clause.cost(counts)?, clause)))
            .min_by_key(|(cost, _)| *cost)
    }

    /// `None` if an alternative cannot be filed: what matches it would not be found.
    fn cost(self, counts: &Counts) -> Option<Cost> {
        let costs = self
            .alternatives()
            .map(|alternative| Some(alternative.cheapest(counts)?.0));
        costs.sum()
    }

    fn alternatives(self) -> impl Iterator<Item = Alternative<'r>> {
        let (sources, operations, condition): (&[Source], &[Operation], _) = match self {
            Self::From(sources) => (sources, &[], None),
            Self::To(operations) => (&[], operations, None),
            Self::When(condition) => (&[], &[], Some(condition)),
        };
        let sources = sources.iter().map(Alternative::Source);
        let operations = operations.iter().map(Alternative::Operation);
        sources
            .chain(operations)
            .chain(condition.map(Alternative::Condition))
    }

    /// Gives the fields by which a rule is filed by this clause, one of each alternative.
    pub(super) fn each_field(self, counts: &Counts) -> impl Iterator<Item = Field<'r>> {
        self.alternatives()
            .filter_map(|alternative| Some(alternative.cheapest(counts)?.1))
    }

    /// Gives every place under which a rule is filed by this clause.
    pub(super) fn each_place(self, counts: &Counts, give: &mut dyn FnMut(Place)) {
        for field in self.each_field(counts) {
            field.each_value(&mut |places| {
                if let Some((_, place)) = emptiest(&places, counts) {
                    give(place);
                }
            });
        }
    }

    /// Gives the places of every value, those of one value together.
    pub(super) fn each_value(self, give: &mut dyn FnMut(Places)) {
        for alternative in self.alternatives() {
            alternative.each_field(&mut |field| field.each_value(give));
        }
    }
}

impl<'r> Alternative<'r> {
    /// The field that costs least, if any can be filed.
    fn cheapest(self, counts: &Counts) -> Option<(Cost, Field<'r>)> {
        let mut best: Option<(Cost, Field<'r>)> = None;
        self.each_field(&mut |field| {
            if let Some(cost) = cost_of(field, counts)
                && best.is_none_or(|(least, _)| cost < least)
            {
                best = Some((cost, field));
            }
        });
        best
    }

    fn each_field(self, give: &mut dyn FnMut(Field<'r>)) {
        match self {
            Self::Source(source) => source.fields.iter().map(of_source).for_each(give),
            Self::Operation(operation) => operation.fields.iter().map(of_operation).for_each(give),
            Self::Condition(condition) => of_condition(condition, give),
        }
    }
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self {
            crowd: self.crowd.max(other.crowd),
            places: self.places.saturating_add(other.places),
        }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Self::and)
    }
}

/// `None` if there is no value, or one that cannot be filed.
fn cost_of(field: Field<'_>, counts: &Counts) -> Option<Cost> {
    let mut cost = Some(Cost::default());
    field.each_value(&mut |places| {
        let value = emptiest(&places, counts).map(|(crowd, _)| Cost { crowd, places: 1 });
        cost = cost.zip(value).map(|(cost, value)| cost.and(value));
    });
    cost.filter(|cost| cost.places > 0)
}

/// The place of a value under which fewest are filed. Under a presence everybody looks, and among expressions.
fn emptiest(places: &Places, counts: &Counts) -> Option<(u32, Place)> {
    let crowd = |place: &Place| match place.form {
        Form::Presence | Form::Expression => counts.rules(),
        Form::Prefix(_)
        | Form::Exact
        | Form::Suffix(_)
        | Form::FromFront(_)
        | Form::FromBack(_)
        | Form::BlockV4(_)
        | Form::BlockV6(_)
        | Form::Named => counts.of(*place),
    };
    places
        .iter()
        .map(|place| (crowd(&place), place))
        .min_by_key(|(crowd, _)| *crowd)
}

fn of_source(field: &SourceField) -> Field<'_> {
    match field {
        SourceField::Principals(values) => Field::Principals(&values.any_of),
        SourceField::Namespaces(values) => Field::Namespaces(&values.any_of),
        SourceField::ServiceAccounts(values) => Field::ServiceAccounts(&values.any_of),
        SourceField::TrustDomains(values) => Field::TrustDomains(&values.any_of),
        SourceField::IpBlocks(values) => Field::SourceIp(&values.any_of),
        SourceField::RemoteIpBlocks(values) => Field::RemoteIp(&values.any_of),
        SourceField::RequestPrincipals(values) => Field::RequestPrincipals(&values.any_of),
    }
}

fn of_operation(field: &OperationField) -> Field<'_> {
    match field {
        OperationField::Ports(values) => Field::Ports(&values.any_of),
        OperationField::Methods(values) => Field::Methods(&values.any_of),
        OperationField::Hosts(values) => Field::Hosts(&values.any_of),
        OperationField::Paths(values) => Field::Paths(&values.any_of),
        OperationField::HostRegexes(values) => Field::HostExpressions(&values.any_of),
        OperationField::PathRegexes(values) => Field::PathExpressions(&values.any_of),
    }
}

fn of_condition<'r>(condition: &'r Condition, give: &mut dyn FnMut(Field<'r>)) {
    let field = match condition {
        Condition::Header(name, texts) => {
            give(Field::HeaderExpressions(name, &texts.regexes.any_of));
            Field::Header(name, &texts.values.any_of)
        }
        Condition::Query(name, texts) => {
            give(Field::QueryExpressions(name, &texts.regexes.any_of));
            Field::Query(name, &texts.values.any_of)
        }
        Condition::SourceIp(values) => Field::SourceIp(&values.any_of),
        Condition::RemoteIp(values) => Field::RemoteIp(&values.any_of),
        Condition::Namespace(values) => Field::Namespaces(&values.any_of),
        Condition::Principal(values) => Field::Principals(&values.any_of),
        Condition::ServiceAccount(values) => Field::ServiceAccounts(&values.any_of),
        Condition::TrustDomain(values) => Field::TrustDomains(&values.any_of),
        Condition::RequestPrincipal(values) => Field::RequestPrincipals(&values.any_of),
        Condition::Claim(path, claim) => Field::Claim(path, &claim.values.any_of),
        Condition::DestinationIp(values) => Field::DestinationIp(&values.any_of),
        Condition::DestinationPort(values) => Field::Ports(&values.any_of),
        Condition::Sni(values) => Field::Sni(&values.any_of),
        Condition::Metadata(key, values) => Field::Metadata(key, &values.any_of),
        Condition::DnsSan(values) => Field::DnsSans(&values.any_of),
        Condition::IssuerKeyId(values) => Field::IssuerKeyIds(&values.any_of),
        Condition::RemainingSeconds(values) => Field::Unfiled(values.any_of.len()),
    };
    give(field);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::kind::Kind;
    use crate::matcher::host::HostMatcher;
    use crate::matcher::namespace::NamespaceMatcher;
    use crate::matcher::path::PathMatcher;
    use crate::matcher::values::Values;
    use crate::profile::Profile;
    use crate::rule::binding::Bindings;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn values<M>(values: &[&str], matcher: impl Fn(&str) -> M) -> Values<M> {
        Values {
            any_of: values.iter().map(|value| matcher(value)).collect(),
            none_of: [].into(),
        }
    }

    fn namespaces(names: &[&str]) -> Source {
        let matcher = |value: &str| NamespaceMatcher::new(Profile::Istio, &[].into(), value);
        Source::new([SourceField::Namespaces(values(names, matcher))])
    }

    fn operation(hosts: &[&str], paths: &[&str]) -> Operation {
        let host = |value: &str| HostMatcher::new(Profile::Istio, value).unwrap();
        let fields = [
            OperationField::Hosts(values(hosts, host)),
            OperationField::Paths(values(paths, |value| PathMatcher::text(value, false))),
        ];
        Operation::new(fields, Bindings::default())
    }

    /// The counts of all places of these rules.
    fn counts(rules: &[Rule]) -> Counts {
        let mut counts = Counts::new(u32::try_from(rules.len()).unwrap(), 1000);
        for clause in rules.iter().flat_map(Clause::of) {
            clause.each_value(&mut |places| places.iter().for_each(|place| counts.add(place)));
        }
        counts
    }

    /// The places of the first rule among these.
    fn places(rules: &[Rule]) -> Vec<Place> {
        let counts = counts(rules);
        let mut places = Vec::new();
        if let Some((_, clause)) = Clause::cheapest(&rules[0], &counts) {
            clause.each_place(&counts, &mut |place| places.push(place));
        }
        places
    }

    fn kinds(rules: &[Rule]) -> Vec<Kind> {
        places(rules).iter().map(|place| place.kind).collect()
    }

    fn rule(from: &[&[&str]], to: &[(&[&str], &[&str])]) -> Rule {
        let from = from.iter().map(|names| namespaces(names)).collect();
        let to = to.iter().map(|(hosts, paths)| operation(hosts, paths)).collect();
        Rule::new(from, to, Vec::new())
    }

    #[test]
    fn a_rule_is_filed_by_the_clause_that_is_shared_with_fewest() {
        let rules = [
            rule(&[&["a"]], &[(&["h"], &["/1"])]),
            rule(&[&["a"]], &[(&["h"], &["/2"])]),
            rule(&[&["a"]], &[(&["i"], &["/3"])]),
        ];
        assert_eq!(kinds(&rules), [Kind::Path]);
        let rules = [
            rule(&[&["a"]], &[(&["*"], &["/1"])]),
            rule(&[], &[(&[], &["/1"])]),
        ];
        assert_eq!(kinds(&rules), [Kind::Namespace]);
    }

    #[test]
    fn every_alternative_is_filed_by_a_field_of_its_own_under_all_of_its_values() {
        let rules = [rule(&[], &[(&["h", "i"], &[]), (&[], &["/1"])])];
        assert_eq!(kinds(&rules), [Kind::Host, Kind::Host, Kind::Path]);
    }

    #[test]
    fn a_clause_with_an_alternative_that_cannot_be_filed_is_not_filed() {
        for to in [&[(&["h"][..], &[][..]), (&[], &[])][..], &[]] {
            let rules = [rule(&[&["*x"]], to)];
            assert_eq!(places(&rules), [], "{to:?}");
        }
        let rules = [rule(&[&["a"], &["a", "*x"]], &[(&["h"], &[])])];
        assert_eq!(kinds(&rules), [Kind::Host]);
    }

    #[test]
    fn what_must_not_be_files_nothing() {
        let mut names = values(&[], |value| {
            NamespaceMatcher::new(Profile::Istio, &[].into(), value)
        });
        names.none_of = [NamespaceMatcher::new(Profile::Istio, &[].into(), "a")].into();
        let source = Source::new([SourceField::Namespaces(names)]);
        assert_eq!(places(&[Rule::new(vec![source], Vec::new(), Vec::new())]), []);
    }
}
