//! [`Ports`]: which ports the label `port` names, so that their number has a bound.

use std::collections::BTreeSet;
use std::fmt;

/// How many ports are named in the life of a VM. Behind a listener for any port (as Istio's) the peer picks it.
const MOST_PORTS: usize = 32;

/// The value of the label `port`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum PortLabel {
    /// A port that has a series of its own.
    Port(u16),
    /// Any of the ports beyond the bound.
    Other,
    /// The proxy did not say which.
    Unknown,
}

impl fmt::Display for PortLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(formatter),
            Self::Other => formatter.write_str("(other)"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

/// The ports that have series of their own: first come, first named.
#[derive(Debug, Default)]
pub(super) struct Ports(BTreeSet<u16>);

impl Ports {
    pub(super) fn label(&mut self, port: Option<u16>) -> PortLabel {
        match port {
            None => PortLabel::Unknown,
            Some(port) if self.0.contains(&port) => PortLabel::Port(port),
            Some(port) if self.0.len() < MOST_PORTS => {
                self.0.insert(port);
                PortLabel::Port(port)
            }
            Some(_) => PortLabel::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_ports_a_peer_picks_there_are_no_more_than_34_labels() {
        let mut ports = Ports::default();
        let labels: BTreeSet<_> = (0..=u16::MAX)
            .map(Some)
            .chain([None])
            .map(|port| ports.label(port).to_string())
            .collect();
        assert_eq!(labels.len(), MOST_PORTS + 2);
        assert!(labels.contains("(other)") && labels.contains("unknown"));
    }

    #[test]
    fn a_port_keeps_its_label_when_the_bound_is_reached() {
        let mut ports = Ports::default();
        for port in 1..100 {
            ports.label(Some(port));
        }
        assert_eq!(ports.label(Some(32)), PortLabel::Port(32));
        assert_eq!(ports.label(Some(33)), PortLabel::Other);
    }
}
