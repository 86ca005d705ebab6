//! [`Group`]: attacks that go to the same stations.

use crate::attacks::peers::Presents;
use crate::attacks::station::Station;
use crate::attacks::vector::{Must, Vector};

/// For groups whose every row is compared.
pub const NONE_DIFFERS: &[&str] = &[];

/// Stations, peers and vectors: every vector is sent to every station.
pub struct Group {
    /// A short name.
    pub name: &'static str,
    /// The stations in profile zero-trust, where every vector has its verdict.
    pub strict: Vec<Station>,
    /// Pairs of stations in profile istio, with the filter and with native RBAC: both must come to the same.
    pub compat: Vec<(Station, Station)>,
    /// Rows in which profile istio differs from native RBAC by design; `docs/semantics.md` says how.
    pub differs: &'static [&'static str],
    /// Who attacks.
    pub peers: Vec<(&'static str, Presents)>,
    /// What must work before and after the attacks, or a denial shows nothing.
    pub controls: Vec<Vector>,
    /// The attacks.
    pub vectors: Vec<Vector>,
}

impl Group {
    /// A station in profile istio, and the same with native RBAC.
    #[must_use]
    pub fn pair(station: Station) -> (Station, Station) {
        let native = station.native();
        (station, native)
    }

    /// Whether a control is a positive one: it passes at every station that refuses what it protects.
    #[must_use]
    pub fn has_positive_control(&self) -> bool {
        self.controls.iter().any(|control| control.must == Must::BeOther)
    }
}
