//! [`Traffic`]: how the peers of every port connect.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::observed::Observation;
use crate::readiness::PortTraffic;

/// A port of a workload.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Key {
    /// The workload, as the caller or the line names it.
    pub workload: String,
    /// The local port; `None` where the log does not say it.
    pub port: Option<u16>,
}

/// What logs tell, by port.
#[derive(Clone, Debug)]
pub struct Traffic {
    window: OffsetDateTime,
    ports: BTreeMap<Key, PortTraffic>,
}

impl Traffic {
    /// None yet. `window` is the start of the time that has to be quiet.
    #[must_use]
    pub fn since(window: OffsetDateTime) -> Self {
        Self {
            window,
            ports: BTreeMap::new(),
        }
    }

    /// Takes one observation of a workload in.
    pub fn add(&mut self, workload: &str, observation: &Observation) {
        let key = Key {
            workload: workload.to_owned(),
            port: observation.destination_port,
        };
        self.ports.entry(key).or_default().add(observation, self.window);
    }

    /// What is known of each port.
    #[must_use]
    pub fn ports(&self) -> &BTreeMap<Key, PortTraffic> {
        &self.ports
    }
}
