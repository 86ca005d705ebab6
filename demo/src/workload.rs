//! The three workloads of the mesh, and where on loopback each of them is.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use spiffe_authz_envoy_config::InboundTransport;

use crate::ports::free_loopback_addresses;

/// The trust domain of the mesh.
pub const TRUST_DOMAIN: &str = "cluster.local";
/// The namespace of all three workloads.
pub const NAMESPACE: &str = "shop";

/// A workload of the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// What users reach first.
    Frontend,
    /// Takes orders from the frontend.
    Orders,
    /// Takes payments from orders.
    Payments,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Frontend, Self::Orders, Self::Payments];

    /// Its name: of the service account, of the label `app`, and of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frontend => "frontend",
            Self::Orders => "orders",
            Self::Payments => "payments",
        }
    }

    /// Its name as an owner: `orders' Envoy`.
    #[must_use]
    pub const fn possessive(self) -> &'static str {
        match self {
            Self::Frontend => "frontend's",
            Self::Orders => "orders'",
            Self::Payments => "payments'",
        }
    }

    /// Its SPIFFE ID, in Istio's form.
    #[must_use]
    pub fn spiffe_id(self) -> String {
        format!("spiffe://{TRUST_DOMAIN}/ns/{NAMESPACE}/sa/{}", self.name())
    }

    /// Its labels, by which policies select it.
    #[must_use]
    pub fn labels(self) -> BTreeMap<String, String> {
        BTreeMap::from([("app".to_owned(), self.name().to_owned())])
    }

    /// What its inbound listener takes. The frontend takes plaintext while its PeerAuthentication is STRICT, so
    /// that one can see the filter itself refuse it; at orders already the listener refuses it.
    #[must_use]
    pub const fn inbound_transport(self) -> InboundTransport {
        match self {
            Self::Orders => InboundTransport::Strict,
            Self::Frontend | Self::Payments => InboundTransport::Permissive,
        }
    }

    /// The workloads it can send requests to: the other two.
    pub fn peers(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |other| *other != self)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Where the listeners of one workload are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// The application, for its Envoy alone.
    pub application: SocketAddr,
    /// The application's control listener, for the demo.
    pub control: SocketAddr,
    /// The inbound listener of its Envoy, for peers.
    pub inbound: SocketAddr,
    /// The admin interface of its Envoy.
    pub admin: SocketAddr,
    /// The outbound listener of its Envoy for each peer.
    pub outbound: BTreeMap<Workload, SocketAddr>,
}

/// Where all listeners of the mesh are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    frontend: Addresses,
    orders: Addresses,
    payments: Addresses,
}

impl Topology {
    /// Picks free loopback addresses for a whole mesh.
    ///
    /// # Errors
    /// When the operating system has no free port.
    pub fn pick() -> io::Result<Self> {
        let per_workload = 6;
        let mut free = free_loopback_addresses(Workload::ALL.len().saturating_mul(per_workload))?.into_iter();
        Ok(Self {
            frontend: take_addresses(Workload::Frontend, &mut free)?,
            orders: take_addresses(Workload::Orders, &mut free)?,
            payments: take_addresses(Workload::Payments, &mut free)?,
        })
    }

    /// Where the listeners of this workload are.
    #[must_use]
    pub const fn of(&self, workload: Workload) -> &Addresses {
        match workload {
            Workload::Frontend => &self.frontend,
            Workload::Orders => &self.orders,
            Workload::Payments => &self.payments,
        }
    }
}

fn take_addresses(workload: Workload, free: &mut impl Iterator<Item = SocketAddr>) -> io::Result<Addresses> {
    let mut next = || {
        free.next()
            .ok_or_else(|| io::Error::other("too few ports were picked"))
    };
    Ok(Addresses {
        application: next()?,
        control: next()?,
        inbound: next()?,
        admin: next()?,
        outbound: workload
            .peers()
            .map(|peer| Ok((peer, next()?)))
            .collect::<io::Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_listener_of_the_mesh_has_an_address_of_its_own() {
        let topology = Topology::pick().unwrap();
        let addresses = Workload::ALL.into_iter().flat_map(|workload| {
            let Addresses {
                application,
                control,
                inbound,
                admin,
                outbound,
            } = topology.of(workload).clone();
            [application, control, inbound, admin]
                .into_iter()
                .chain(outbound.into_values())
        });
        assert_eq!(addresses.collect::<BTreeSet<_>>().len(), 18);
    }

    #[test]
    fn a_workload_is_no_peer_of_itself() {
        for workload in Workload::ALL {
            assert_eq!(workload.peers().count(), 2);
            assert!(workload.peers().all(|peer| peer != workload));
        }
    }

    #[test]
    fn the_spiffe_id_has_istios_form() {
        assert_eq!(
            Workload::Orders.spiffe_id(),
            "spiffe://cluster.local/ns/shop/sa/orders"
        );
    }
}
