//! The raw PeerAuthentication.

use std::collections::BTreeMap;

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, wrong_kind};
use crate::config::selector::Selector;
use crate::config::values::text;
use crate::matcher::port::parse_port;
use crate::mtls::MtlsMode;

/// `spec` of a PeerAuthentication.
#[derive(Clone, Debug)]
pub(crate) struct RawPeerAuthentication {
    pub(crate) selector: Option<Selector>,
    pub(crate) mode: RawMode,
    pub(crate) port_modes: BTreeMap<u16, RawMode>,
}

/// `mtls.mode` as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RawMode {
    /// UNSET, or no mode at all: inherited.
    Inherit,
    /// A mode of its own.
    Set(MtlsMode),
}

impl RawPeerAuthentication {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let selector = fields.optional("selector", problems, Selector::read);
        let mode = fields.optional("mtls", problems, read_mtls);
        let port_modes = fields
            .optional("portLevelMtls", problems, read_port_modes)
            .unwrap_or_default();
        fields.finish(problems);
        let selects_labels = selector
            .as_ref()
            .is_some_and(|selector| !selector.match_labels.is_empty());
        if !port_modes.is_empty() && !selects_labels {
            let why = "portLevelMtls needs a selector with labels: ports belong to one workload";
            problems.add(&at.field("portLevelMtls"), ConfigErrorKind::Conflict(why));
        }
        Some(Self {
            selector,
            mode: mode.unwrap_or(RawMode::Inherit),
            port_modes,
        })
    }
}

fn read_mtls(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<RawMode> {
    let mut fields = Fields::of(document, at, problems)?;
    let mode = fields.optional("mode", problems, read_mode);
    fields.finish(problems);
    Some(mode.unwrap_or(RawMode::Inherit))
}

fn read_mode(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<RawMode> {
    let mode = text(document, at, problems)?;
    match mode.as_str() {
        "STRICT" => Some(RawMode::Set(MtlsMode::Strict)),
        "PERMISSIVE" => Some(RawMode::Set(MtlsMode::Permissive)),
        "DISABLE" => Some(RawMode::Set(MtlsMode::Disable)),
        "UNSET" => Some(RawMode::Inherit),
        _ => {
            problems.invalid(at, &mode, "an mTLS mode: STRICT, PERMISSIVE, DISABLE or UNSET");
            None
        }
    }
}

fn read_port_modes(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<u16, RawMode>> {
    let Document::Map(entries) = document else {
        wrong_kind(document, at, "a map from port to mTLS mode", problems);
        return None;
    };
    let mut modes = BTreeMap::new();
    for (port, mode) in entries {
        let at = at.field(port);
        let mode = read_mtls(mode, &at, problems);
        let Some(number) = parse_port(port).filter(|number| *number > 0) else {
            problems.invalid(&at, port, "a port: a decimal number from 1 to 65535");
            continue;
        };
        if mode.is_some_and(|mode| modes.insert(number, mode).is_some()) {
            problems.add(&at, ConfigErrorKind::DuplicateField);
        }
    }
    Some(modes)
}
