//! [`Search`]: one request looks up what it has.

mod address;
mod header;
mod identity;
pub(super) mod metadata;
mod path;
mod query;

use crate::attribute::Attribute;
use crate::index::hash::{End, Rolling};
use crate::index::kind::Kind;
use crate::index::node::Drawer;
use crate::index::place::{Form, Place};
use crate::index::posting::{Posted, Posting};
use crate::index::regex_set::RegexSet;
use crate::index::{Batch, Index, Wanted};
use crate::matcher::host::compared_host;
use crate::request::Protocol;
use crate::rule::facts::Facts;

/// A search for the rules that may match one request. It allocates nothing.
pub(super) struct Search<'s> {
    pub(super) index: &'s Index,
    pub(super) facts: &'s Facts<'s>,
    pub(super) wanted: Wanted,
    pub(super) found: Batch,
}

/// A drawer of one of the nodes.
#[derive(Clone, Copy)]
struct At<'s> {
    node: u32,
    drawer: &'s Drawer,
    /// The hash of the name, where values of the kind go by names.
    name: u64,
}

impl<'s> Search<'s> {
    /// Visits what is found in one node.
    pub(super) fn node(&mut self, number: u32) {
        let index = self.index;
        let node = usize::try_from(number)
            .ok()
            .and_then(|node| index.nodes.get(node));
        let Some(node) = node else { return };
        self.posting(node.residual);
        for drawer in &node.drawers {
            self.drawer(At {
                node: number,
                drawer,
                name: 0,
            });
        }
    }

    fn drawer(&mut self, at: At<'s>) {
        if at.drawer.kind.speaks_http() && self.facts.protocol() == Protocol::Tcp {
            // What is asked of HTTP is left out there.
            return self.all(at);
        }
        let Self { index, facts, .. } = *self;
        let request = facts.request;
        match at.drawer.kind {
            Kind::Principal => self.principal(at),
            Kind::TrustDomain => self.trust_domain(at),
            Kind::Namespace => self.namespaces(at),
            Kind::ServiceAccount => self.service_accounts(at),
            Kind::DnsSan => self.dns_sans(at),
            Kind::IssuerKeyId => self.issuer_key_id(at),
            Kind::SourceIp => self.address(request.source_ip, at),
            Kind::RemoteIp => self.address(request.remote_ip, at),
            Kind::DestinationIp => self.address(request.destination_ip, at),
            Kind::DestinationPort => self.port(at),
            Kind::Sni => self.one_text(request.sni, at),
            Kind::Method => self.one_text(request.method, at),
            Kind::Authority => self.one_text(request.host, at),
            Kind::RawPath => self.one_text(request.path, at),
            Kind::Host => self.one_text(request.host.map(|host| compared_host(facts.profile, host)), at),
            Kind::Path | Kind::PathInAnyCase => self.path(at),
            Kind::HostExpression => {
                let host = request.host.map(|host| compared_host(facts.profile, host));
                self.expressions(index.expressions.host.as_ref(), host, at);
            }
            Kind::PathExpression => self.expressions(index.expressions.path.as_ref(), facts.path, at),
            Kind::Header => self.headers(at),
            Kind::Query => self.query(at),
            Kind::RequestPrincipal => self.request_principal(at),
            Kind::Issuer => self.token_text("iss", at),
            Kind::Subject => self.token_text("sub", at),
            Kind::Claim => self.claims(at),
            Kind::Metadata => self.metadata(at),
        }
    }

    /// What the request has, if it is known. One that cannot be read may be anything.
    fn known<T: Copy>(&mut self, attribute: Attribute<T>, at: At<'s>) -> Option<T> {
        match attribute {
            Attribute::Known(value) => Some(value),
            Attribute::Absent => None,
            Attribute::Unreadable => {
                self.all(at);
                None
            }
        }
    }

    /// Visits all that is in a drawer, where it cannot be told what the request has.
    fn all(&mut self, at: At<'s>) {
        match self.wanted {
            Wanted::Certain => {}
            Wanted::Possible => self.posting(at.drawer.all),
        }
    }

    /// Visits what is filed under a text, in every form that is in use.
    fn text(&mut self, at: At<'s>, text: &[u8]) {
        let case = at.drawer.kind.case();
        let mut front = Rolling::new(text, case, End::Front);
        let mut back = Rolling::new(text, case, End::Back);
        for form in &at.drawer.forms {
            let hash = match *form {
                Form::Presence => Some(0),
                Form::Exact => front.at(text.len()),
                Form::Prefix(length) => at_length(&mut front, length),
                Form::Suffix(length) => at_length(&mut back, length),
                Form::FromFront(_)
                | Form::FromBack(_)
                | Form::BlockV4(_)
                | Form::BlockV6(_)
                | Form::Named
                | Form::Expression => None,
            };
            if let Some(hash) = hash {
                self.form(at, *form, hash);
            }
        }
    }

    /// Visits what is filed under an attribute that is one text.
    fn one_text(&mut self, attribute: Attribute<&[u8]>, at: At<'s>) {
        if let Some(text) = self.known(attribute, at) {
            self.text(at, text);
        }
    }

    /// Finds what is filed by the expressions that match a text.
    fn expressions(&mut self, set: Option<&RegexSet<u32>>, attribute: Attribute<&[u8]>, at: At<'s>) {
        if let (Some(text), Some(set)) = (self.known(attribute, at), set) {
            set.for_each_match(text, |rule| {
                self.found.add(rule);
            });
        }
    }

    fn form(&mut self, at: At<'s>, form: Form, text: u64) {
        let place = Place {
            kind: at.drawer.kind,
            name: at.name,
            form,
            text,
        };
        self.place(at.node, place);
    }

    fn place(&mut self, node: u32, place: Place) {
        let index = self.index;
        index
            .table
            .get(place.key(node))
            .for_each(|posting| self.posting(posting));
    }

    /// The drawer for one name, if anything is filed under it.
    fn named(&self, at: At<'s>, name: u64) -> Option<At<'s>> {
        let place = Place::of_name(at.drawer.kind, name);
        self.index
            .table
            .contains(place.key(at.node))
            .then_some(At { name, ..at })
    }

    fn posting(&mut self, posting: Posting) {
        match posting.read() {
            Posted::Nothing => {}
            Posted::Rule(rule) => {
                self.found.add(rule);
            }
            Posted::List(start) => self.list(start),
            Posted::Node(node) => self.node(node),
        }
    }

    fn list(&mut self, start: u32) {
        let index = self.index;
        let list = usize::try_from(start)
            .ok()
            .and_then(|start| index.lists.get(start..));
        let Some((length, rules)) = list.and_then(<[u32]>::split_first) else {
            return;
        };
        let length = usize::try_from(*length).unwrap_or(usize::MAX);
        let rules = rules.get(..length).unwrap_or(rules);
        let start = self.found.start();
        let first = rules.partition_point(|rule| *rule < start);
        let mut wanted = rules.get(first..).unwrap_or_default().iter();
        // The rest of a list is higher still.
        while wanted.next().is_some_and(|rule| self.found.add(*rule)) {}
    }
}

fn at_length(rolling: &mut Rolling<'_>, length: u32) -> Option<u64> {
    rolling.at(usize::try_from(length).ok()?)
}
