//! Addresses and ports.

use core::net::IpAddr;

use ipnet::IpNet;

use crate::attribute::Attribute;
use crate::index::field::{block, port};
use crate::index::place::Form;
use crate::index::search::{At, Search};

impl<'s> Search<'s> {
    pub(super) fn address(&mut self, address: Attribute<IpAddr>, at: At<'s>) {
        let Some(address) = self.known(address, at) else {
            return;
        };
        let blocks = at
            .drawer
            .forms
            .iter()
            .filter_map(|form| block_around(address, *form));
        for around in blocks {
            self.place(at.node, block(at.drawer.kind, around));
        }
    }

    pub(super) fn port(&mut self, at: At<'s>) {
        if let Some(number) = self.known(self.facts.request.destination_port, at) {
            self.place(at.node, port(number));
        }
    }
}

/// The block of this length that the address is in, if it is of its family.
fn block_around(address: IpAddr, form: Form) -> Option<IpNet> {
    let length = match (form, address) {
        (Form::BlockV4(length), IpAddr::V4(_)) | (Form::BlockV6(length), IpAddr::V6(_)) => length,
        (
            Form::BlockV4(_)
            | Form::BlockV6(_)
            | Form::Presence
            | Form::Exact
            | Form::Prefix(_)
            | Form::Suffix(_)
            | Form::FromFront(_)
            | Form::FromBack(_)
            | Form::Named
            | Form::Expression,
            _,
        ) => return None,
    };
    IpNet::new(address, u8::try_from(length).ok()?).ok()
}
