//! [`Inventory`]: who there is, as far as somebody wrote it down.

mod reader;

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::Document;

/// The workloads of a mesh and their identities. Of a field that is not given, nothing is known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inventory {
    /// The SPIFFE IDs, such as `spiffe://cluster.local/ns/shop/sa/orders`.
    pub spiffe_ids: Option<BTreeSet<String>>,
    /// The namespaces.
    pub namespaces: Option<BTreeSet<String>>,
    /// The service accounts, as `namespace/name`.
    pub service_accounts: Option<BTreeSet<String>>,
    /// The workloads.
    pub workloads: Option<Vec<InventoryWorkload>>,
}

/// A workload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryWorkload {
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The name of its service account.
    pub service_account: Option<String>,
}

/// Something in an inventory that does not belong there.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct InventoryError {
    /// The place, such as `workloads[0].labels`.
    pub at: String,
    /// What is wrong there, and what belongs there.
    pub reason: String,
}

impl Inventory {
    /// Reads an inventory: a map of `spiffeIds`, `namespaces`, `serviceAccounts` and `workloads`, each a list.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(document: &Document) -> Result<Self, Vec<InventoryError>> {
        let mut reader = reader::Reader::default();
        let inventory = reader.inventory(document);
        reader.finish(inventory)
    }
}
