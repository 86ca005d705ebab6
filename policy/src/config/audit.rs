//! `audit`: which of the allowed requests and connections the filter writes an audit line for.

use std::num::NonZeroU64;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, wrong_kind};

/// The section; without it no allowed request has a line of its own.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Audit {
    /// One in so many of what is allowed has a line.
    pub(crate) allowed_one_in: Option<NonZeroU64>,
}

/// The largest number that is taken: the same in every reader of JSON.
const MOST: u64 = 1_000_000_000;

impl Audit {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let what = "one in how many of the allowed has a line; leave the section out for none";
        let one_in = fields.required("allowedOneIn", what, problems, read_one_in);
        fields.finish(problems);
        Some(Self {
            allowed_one_in: Some(one_in?),
        })
    }
}

fn read_one_in(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<NonZeroU64> {
    let Document::Number(digits) = document else {
        wrong_kind(document, at, "a whole number, without quotes", problems);
        return None;
    };
    let number = digits
        .parse()
        .ok()
        .filter(|number: &NonZeroU64| number.get() <= MOST);
    if number.is_none() {
        problems.invalid(at, digits, format!("a whole number from 1 to {MOST}"));
    }
    number
}
