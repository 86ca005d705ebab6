//! [`StatedPeerAuthentication`]: one PeerAuthentication.

use std::collections::BTreeMap;

use crate::config::field_path::FieldPath;
use crate::config::metadata::Metadata;
use crate::config::peer_authentication::{RawMode, RawPeerAuthentication};
use crate::decision::PolicyId;
use crate::mtls::MtlsMode;

/// One PeerAuthentication.
#[derive(Clone, Debug)]
pub struct StatedPeerAuthentication {
    /// Its index among the resources, from 0.
    pub index: usize,
    /// Its place, such as `resources[0]`.
    pub at: String,
    /// Its namespace and name.
    pub id: PolicyId,
    /// The labels that it selects workloads by; `None` without a selector.
    pub selector: Option<BTreeMap<String, String>>,
    /// The mode of all ports.
    pub mode: StatedMode,
    /// The modes of single ports.
    pub port_modes: BTreeMap<u16, StatedMode>,
}

/// A mode, as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatedMode {
    /// UNSET, or none at all.
    Inherit,
    /// A mode of its own.
    Set(MtlsMode),
}

impl StatedPeerAuthentication {
    pub(super) fn new(
        index: usize,
        at: &FieldPath<'_>,
        metadata: Metadata,
        raw: RawPeerAuthentication,
    ) -> Self {
        let RawPeerAuthentication {
            selector,
            mode,
            port_modes,
        } = raw;
        let port_modes = port_modes.into_iter();
        Self {
            index,
            at: at.to_string(),
            id: metadata.id,
            selector: selector.map(|selector| selector.match_labels),
            mode: mode.into(),
            port_modes: port_modes.map(|(port, mode)| (port, mode.into())).collect(),
        }
    }
}

impl From<RawMode> for StatedMode {
    fn from(mode: RawMode) -> Self {
        match mode {
            RawMode::Inherit => Self::Inherit,
            RawMode::Set(mode) => Self::Set(mode),
        }
    }
}
