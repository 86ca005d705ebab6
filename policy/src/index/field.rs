//! [`Field`]: the values of one field, and the places of each.

use ipnet::IpNet;

use crate::index::hash::{Case, add, hash, hash_from_back};
use crate::index::kind::Kind;
use crate::index::place::{Form, Place, Places};
use crate::index::search::metadata::MOST_NAMES;
use crate::matcher::certificate::{DnsSanMatcher, KeyIdMatcher};
use crate::matcher::header::HeaderMatcher;
use crate::matcher::host::HostMatcher;
use crate::matcher::ip::IpMatcher;
use crate::matcher::metadata::MetadataMatcher;
use crate::matcher::namespace::{NamespaceForm, NamespaceMatcher};
use crate::matcher::path::PathMatcher;
use crate::matcher::port::PortMatcher;
use crate::matcher::principal::PrincipalMatcher;
use crate::matcher::regex::RegexMatcher;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::matcher::required_prefix::RequiredPrefix;
use crate::matcher::service_account::ServiceAccountMatcher;
use crate::matcher::string::StringMatcher;
use crate::matcher::template::Template;
use crate::matcher::text::TextMatcher;
use crate::matcher::trust_domain::TrustDomainMatcher;
use crate::rule::attribute_name::{HeaderName, MetadataKey};

/// The most ports of a range that are filed one by one.
const MOST_PORTS: usize = 16;

/// What a request must match one of; a `not` form files nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'r> {
    Principals(&'r [PrincipalMatcher]),
    TrustDomains(&'r [TrustDomainMatcher]),
    Namespaces(&'r [NamespaceMatcher]),
    ServiceAccounts(&'r [ServiceAccountMatcher]),
    SourceIp(&'r [IpMatcher]),
    RemoteIp(&'r [IpMatcher]),
    DestinationIp(&'r [IpMatcher]),
    Ports(&'r [PortMatcher]),
    Sni(&'r [StringMatcher]),
    DnsSans(&'r [DnsSanMatcher]),
    IssuerKeyIds(&'r [KeyIdMatcher]),
    Methods(&'r [HeaderMatcher]),
    Hosts(&'r [HostMatcher]),
    Paths(&'r [PathMatcher]),
    HostExpressions(&'r [RegexMatcher]),
    PathExpressions(&'r [RegexMatcher]),
    HeaderExpressions(&'r HeaderName, &'r [RegexMatcher]),
    QueryExpressions(&'r [u8], &'r [RegexMatcher]),
    Header(&'r HeaderName, &'r [HeaderMatcher]),
    Query(&'r [u8], &'r [HeaderMatcher]),
    RequestPrincipals(&'r [RequestPrincipalMatcher]),
    Claim(&'r [Box<str>], &'r [TextMatcher]),
    Metadata(&'r MetadataKey, &'r [MetadataMatcher]),
    /// Values for which there is no place, and their number.
    Unfiled(usize),
}

impl Field<'_> {
    /// Gives the places of each value, in their order; those of a value that cannot be filed are none.
    pub(super) fn each_value(self, give: &mut dyn FnMut(Places)) {
        match self {
            Self::Principals(values) => forms(values, PrincipalMatcher::form, Kind::Principal, give),
            Self::TrustDomains(values) => forms(values, TrustDomainMatcher::form, Kind::TrustDomain, give),
            Self::Namespaces(values) => values.iter().map(of_namespace).for_each(give),
            Self::ServiceAccounts(values) => values.iter().map(of_service_account).for_each(give),
            Self::SourceIp(values) => blocks(values, Kind::SourceIp, give),
            Self::RemoteIp(values) => blocks(values, Kind::RemoteIp, give),
            Self::DestinationIp(values) => blocks(values, Kind::DestinationIp, give),
            Self::Ports(values) => values.iter().for_each(|value| of_ports(value, give)),
            Self::Sni(values) => forms(values, |form| form, Kind::Sni, give),
            Self::DnsSans(values) => forms(values, DnsSanMatcher::form, Kind::DnsSan, give),
            Self::IssuerKeyIds(values) => values.iter().map(of_key_id).for_each(give),
            Self::Methods(values) => forms(values, HeaderMatcher::form, Kind::Method, give),
            Self::Hosts(values) => forms(values, HostMatcher::form, Kind::Host, give),
            Self::Paths(values) => values.iter().map(of_path).for_each(give),
            Self::HostExpressions(values) => values.iter().map(of_host_expression).for_each(give),
            Self::PathExpressions(values) => values.iter().map(of_path_expression).for_each(give),
            Self::Header(name, values) => {
                let (kind, name) = header(name);
                named(values, HeaderMatcher::form, kind, name, give);
            }
            Self::HeaderExpressions(name, values) => {
                let (kind, name) = header(name);
                by_prefix(values, kind, name, give);
            }
            Self::QueryExpressions(name, values) => by_prefix(values, Kind::Query, name_hash(name), give),
            Self::Query(name, values) => {
                named(values, HeaderMatcher::form, Kind::Query, name_hash(name), give);
            }
            Self::RequestPrincipals(values) => values.iter().map(of_request_principal).for_each(give),
            Self::Claim(path, values) if path.is_empty() || path.len() > MOST_NAMES => {
                values.iter().for_each(|_| give(Places::NONE));
            }
            Self::Claim(path, values) => {
                let name = path_hash(path.iter().map(AsRef::as_ref));
                named(values, TextMatcher::form, Kind::Claim, name, give);
            }
            Self::Metadata(MetadataKey { namespace, key }, values) => {
                let name = path_hash([&**namespace, key]);
                named(values, MetadataMatcher::form, Kind::Metadata, name, give);
            }
            Self::Unfiled(count) => (0..count).for_each(|_| give(Places::NONE)),
        }
    }
}

impl<'r> Field<'r> {
    /// Gives each expression that is found by a set of them.
    pub(super) fn each_expression(self, give: &mut dyn FnMut(Kind, &'r RegexMatcher)) {
        let (kind, values) = match self {
            Self::HostExpressions(values) => (Kind::HostExpression, values),
            Self::PathExpressions(values) => (Kind::PathExpression, values),
            Self::Principals(_)
            | Self::TrustDomains(_)
            | Self::Namespaces(_)
            | Self::ServiceAccounts(_)
            | Self::SourceIp(_)
            | Self::RemoteIp(_)
            | Self::DestinationIp(_)
            | Self::Ports(_)
            | Self::Sni(_)
            | Self::DnsSans(_)
            | Self::IssuerKeyIds(_)
            | Self::Methods(_)
            | Self::Hosts(_)
            | Self::Paths(_)
            | Self::HeaderExpressions(..)
            | Self::QueryExpressions(..)
            | Self::Header(..)
            | Self::Query(..)
            | Self::RequestPrincipals(_)
            | Self::Claim(..)
            | Self::Metadata(..)
            | Self::Unfiled(_) => return,
        };
        let without_prefix = values.iter().filter(|value| value.required_prefix().is_none());
        without_prefix.for_each(|value| give(kind, value));
    }
}

/// The hash of a name as it is compared.
pub(super) fn name_hash(name: &[u8]) -> u64 {
    hash(name, Case::Kept)
}

/// The hash of the names that lead to a value.
pub(super) fn path_hash<'n>(names: impl IntoIterator<Item = &'n str>) -> u64 {
    names.into_iter().fold(0, further)
}

/// The hash of the names that lead to a value, with one name more.
pub(super) fn further(hash: u64, name: &str) -> u64 {
    add(hash, name_hash(name.as_bytes()))
}

/// Values of the generic string form.
fn forms<M>(values: &[M], form: impl Fn(&M) -> &StringMatcher, kind: Kind, give: &mut dyn FnMut(Places)) {
    named(values, form, kind, 0, give);
}

fn named<M>(
    values: &[M],
    form: impl Fn(&M) -> &StringMatcher,
    kind: Kind,
    name: u64,
    give: &mut dyn FnMut(Places),
) {
    let places = values.iter().map(|value| of_form(form(value), kind, name));
    places.for_each(give);
}

fn of_form(form: &StringMatcher, kind: Kind, name: u64) -> Places {
    let place = |form, text| {
        Places::one(Place {
            kind,
            name,
            form,
            text,
        })
    };
    // The parameters of a query are decoded from the front as they are looked up.
    let is_read_from_front = kind == Kind::Query;
    match form {
        StringMatcher::Presence => place(Form::Presence, 0),
        StringMatcher::Exact(text) => place(Form::Exact, hash(text.as_bytes(), Case::Kept)),
        StringMatcher::Prefix(text) => {
            place(Form::Prefix(small(text.len())), hash(text.as_bytes(), Case::Kept))
        }
        StringMatcher::Suffix(_) if is_read_from_front => Places::NONE,
        StringMatcher::Suffix(text) => {
            let suffix = hash_from_back(text.as_bytes(), Case::Kept);
            place(Form::Suffix(small(text.len())), suffix)
        }
    }
}

fn of_namespace(value: &NamespaceMatcher) -> Places {
    let place = |form, text| {
        Places::one(Place {
            kind: Kind::Namespace,
            name: 0,
            form,
            text: hash(text, Case::Kept),
        })
    };
    match value.after_ns() {
        None => Places::NONE,
        Some(NamespaceForm::Exact(text)) => place(Form::Exact, text),
        Some(NamespaceForm::Prefix(text)) => place(Form::Prefix(small(text.len())), text),
    }
}

fn of_service_account(value: &ServiceAccountMatcher) -> Places {
    Places::one(service_account(
        value.namespace().as_bytes(),
        value.name().as_bytes(),
    ))
}

pub(super) fn service_account(namespace: &[u8], name: &[u8]) -> Place {
    Place {
        kind: Kind::ServiceAccount,
        name: name_hash(namespace),
        form: Form::Exact,
        text: hash(name, Case::Kept),
    }
}

fn blocks(values: &[IpMatcher], kind: Kind, give: &mut dyn FnMut(Places)) {
    let places = values.iter().map(|value| Places::one(block(kind, value.block())));
    places.for_each(give);
}

pub(super) fn block(kind: Kind, block: IpNet) -> Place {
    let length = u32::from(block.prefix_len());
    let (form, text) = match block {
        IpNet::V4(block) => (Form::BlockV4(length), u64::from(block.network().to_bits())),
        IpNet::V6(block) => (Form::BlockV6(length), hash(&block.network().octets(), Case::Kept)),
    };
    Place {
        kind,
        name: 0,
        form,
        text,
    }
}

fn of_ports(value: &PortMatcher, give: &mut dyn FnMut(Places)) {
    let ports = value.range();
    if ports.len() > MOST_PORTS {
        give(Places::NONE);
    } else {
        ports.map(port).map(Places::one).for_each(give);
    }
}

pub(super) fn port(port: u16) -> Place {
    Place {
        kind: Kind::DestinationPort,
        name: 0,
        form: Form::Exact,
        text: u64::from(port),
    }
}

fn of_key_id(value: &KeyIdMatcher) -> Places {
    let (form, text) = match value {
        KeyIdMatcher::Presence => (Form::Presence, 0),
        KeyIdMatcher::Exact(bytes) => (Form::Exact, hash(bytes, Case::Kept)),
    };
    Places::one(Place {
        kind: Kind::IssuerKeyId,
        name: 0,
        form,
        text,
    })
}

fn header(name: &HeaderName) -> (Kind, u64) {
    match name {
        HeaderName::Method => (Kind::Method, 0),
        HeaderName::Authority => (Kind::Authority, 0),
        HeaderName::Path => (Kind::RawPath, 0),
        HeaderName::Listed(name) => (Kind::Header, name_hash(name)),
    }
}

fn of_path(value: &PathMatcher) -> Places {
    match value {
        PathMatcher::Text(form) => of_form(form, Kind::Path, 0),
        PathMatcher::TextInAnyCase(form) => of_form(form, Kind::PathInAnyCase, 0),
        PathMatcher::Template(template) => of_template(template),
    }
}

/// By what every path begins with that it matches, or by any of its literal segments.
fn of_template(template: &Template) -> Places {
    let (kind, case) = match template.ignores_case() {
        true => (Kind::PathInAnyCase, Case::Folded),
        false => (Kind::Path, Case::Kept),
    };
    let place = |form, text| Place {
        kind,
        name: 0,
        form,
        text,
    };
    let head = template.literal_head();
    let form = Form::Prefix(small(head.len()));
    let mut places = Places::one(place(form, hash(head.as_bytes(), case)));
    let segment = |form, text: &str| place(form, hash(text.as_bytes(), case));
    for (index, text) in template.literals_from_front() {
        places.add(segment(Form::FromFront(small(index)), text));
    }
    for (index, text) in template.literals_from_back() {
        places.add(segment(Form::FromBack(small(index)), text));
    }
    places
}

fn of_host_expression(value: &RegexMatcher) -> Places {
    match value.required_prefix() {
        Some(prefix) => Places::one(of_prefix(&prefix, Kind::Host, 0)),
        None => Places::one(expression(Kind::HostExpression)),
    }
}

fn of_path_expression(value: &RegexMatcher) -> Places {
    match value.required_prefix() {
        Some(prefix) if prefix.ignores_case => Places::one(of_prefix(&prefix, Kind::PathInAnyCase, 0)),
        Some(prefix) => Places::one(of_prefix(&prefix, Kind::Path, 0)),
        None => Places::one(expression(Kind::PathExpression)),
    }
}

/// Expressions on a text that is compared as it is.
fn by_prefix(values: &[RegexMatcher], kind: Kind, name: u64, give: &mut dyn FnMut(Places)) {
    let places = values.iter().map(|value| match value.required_prefix() {
        Some(prefix) if !prefix.ignores_case => Places::one(of_prefix(&prefix, kind, name)),
        Some(_) | None => Places::NONE,
    });
    places.for_each(give);
}

fn of_prefix(prefix: &RequiredPrefix, kind: Kind, name: u64) -> Place {
    Place {
        kind,
        name,
        form: Form::Prefix(small(prefix.bytes.len())),
        text: hash(&prefix.bytes, kind.case()),
    }
}

/// Among all expressions on this part of a request.
fn expression(kind: Kind) -> Place {
    Place {
        kind,
        name: 0,
        form: Form::Expression,
        text: 0,
    }
}

/// By issuer and subject together where both are exact, else by each of them.
fn of_request_principal(value: &RequestPrincipalMatcher) -> Places {
    let (issuer, subject) = (value.issuer(), value.subject());
    if let (StringMatcher::Exact(issuer), StringMatcher::Exact(subject)) = (issuer, subject) {
        return Places::one(request_principal(issuer, subject));
    }
    let mut places = of_form(issuer, Kind::Issuer, 0);
    of_form(subject, Kind::Subject, 0)
        .iter()
        .for_each(|place| places.add(place));
    places
}

pub(super) fn request_principal(issuer: &str, subject: &str) -> Place {
    Place {
        kind: Kind::RequestPrincipal,
        name: name_hash(issuer.as_bytes()),
        form: Form::Exact,
        text: hash(subject.as_bytes(), Case::Kept),
    }
}

/// A length or a number within a policy, which is far smaller than what fits.
pub(super) fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The forms of the places of each value.
    fn forms_of(field: Field<'_>) -> Vec<Vec<Form>> {
        let mut forms = Vec::new();
        field.each_value(&mut |places| forms.push(places.iter().map(|place| place.form).collect()));
        forms
    }

    #[test]
    fn a_template_has_a_place_by_its_head_and_one_by_each_literal_segment() {
        let template = |value| {
            let template = Template::parse(Profile::Istio, value, false, &["name"]).unwrap();
            [PathMatcher::Template(template)]
        };
        for (value, expected) in [
            (
                "/a/{*}/b/{**}",
                &[Form::Prefix(3), Form::FromFront(0), Form::FromFront(2)][..],
            ),
            (
                "/{**}/c/d",
                &[Form::Prefix(1), Form::FromBack(0), Form::FromBack(1)],
            ),
            ("/{*}/", &[Form::Prefix(1)]),
            ("/a/{name}", &[Form::Prefix(3), Form::FromFront(0)]),
        ] {
            assert_eq!(forms_of(Field::Paths(&template(value))), [expected], "{value}");
        }
    }

    #[test]
    fn the_ports_of_a_short_range_are_filed_one_by_one_and_a_long_range_is_not() {
        let ports = |value| [PortMatcher::parse(value).unwrap()];
        let exact = vec![Form::Exact];
        assert_eq!(forms_of(Field::Ports(&ports("80-82"))), vec![exact; 3]);
        assert_eq!(forms_of(Field::Ports(&ports("1-65535"))), [[]]);
    }

    #[test]
    fn a_parameter_is_not_filed_by_its_end_nor_a_claim_that_is_deeper_than_is_looked() {
        let suffix = [HeaderMatcher::new("*x")];
        assert_eq!(forms_of(Field::Query(b"q", &suffix)), [[]]);
        assert_eq!(forms_of(Field::Methods(&suffix)), [[Form::Suffix(1)]]);
        let claim = [TextMatcher::new("x")];
        let path = |names| vec![Box::<str>::from("a"); names];
        assert_eq!(forms_of(Field::Claim(&path(MOST_NAMES), &claim)), [[Form::Exact]]);
        assert_eq!(forms_of(Field::Claim(&path(MOST_NAMES + 1), &claim)), [[]]);
    }

    #[test]
    fn an_expression_is_filed_by_what_it_begins_with_or_with_all_others() {
        let expressions = ["/a/.*", ".*/a"].map(|value| RegexMatcher::parse(value, false).unwrap());
        let forms = [[Form::Prefix(3)], [Form::Expression]];
        assert_eq!(forms_of(Field::PathExpressions(&expressions)), forms);
        let mut given = Vec::new();
        Field::PathExpressions(&expressions).each_expression(&mut |kind, value| {
            given.push((kind, value.as_str().to_owned()));
        });
        assert_eq!(
            given,
            [(Kind::PathExpression, expressions[1].as_str().to_owned())]
        );
    }

    #[test]
    fn a_request_principal_is_filed_by_both_of_its_claims_or_by_either() {
        let of = |value| forms_of(Field::RequestPrincipals(&[RequestPrincipalMatcher::new(value)]));
        assert_eq!(of("iss/sub"), [[Form::Exact]]);
        assert_eq!(of("iss/*"), [[Form::Exact, Form::Presence]]);
        assert_eq!(of("iss/a*"), [[Form::Exact, Form::Prefix(1)]]);
    }
}
