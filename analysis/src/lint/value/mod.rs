//! What is looked for in a single value.

mod addresses;
mod aliases;
mod any_trust_domain;
mod blanks;
mod claim_not_text;
mod denied_path;
mod hosts;
mod impossible_path;
mod impossible_principal;
mod method_case;
mod open_end;
mod profile_difference;
mod request_principal_form;
mod service_account_in_root;
mod spiffe_scheme;
mod star_inside;

use crate::lint::Lint;
use crate::lint::context::{Context, PlacedValue};

type Look = fn(&Context<'_>, &PlacedValue<'_>) -> Option<Lint>;

const LOOKS: &[Look] = &[
    spiffe_scheme::look,
    request_principal_form::look,
    star_inside::look,
    impossible_principal::look,
    impossible_path::look,
    method_case::look,
    blanks::look,
    open_end::look,
    aliases::look,
    any_trust_domain::look,
    service_account_in_root::look,
    hosts::look,
    addresses::look,
    claim_not_text::look,
    denied_path::look,
    profile_difference::look,
];

/// Looks at every value.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    for value in context.values() {
        lints.extend(LOOKS.iter().filter_map(|look| look(context, &value)));
    }
}
