//! [`OperationBox`]: operations of which every combination was seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::learn::cover::cover;
use crate::learn::{Minimality, Operation};

/// One `operation` of a rule: each of the ports with each of the methods and each of the paths.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct OperationBox {
    /// The ports; none is any port.
    pub ports: BTreeSet<u16>,
    /// The methods; none of a connection.
    pub methods: BTreeSet<String>,
    /// The paths and templates; none of a connection.
    pub paths: BTreeSet<String>,
}

/// Methods and paths.
type Product = (BTreeSet<String>, BTreeSet<String>);

/// The operations as few boxes: the fewest products of methods and paths of each port, and ports with the same ones together.
pub(super) fn boxes(operations: &BTreeSet<Operation>) -> (BTreeSet<OperationBox>, Minimality) {
    let mut by_port: BTreeMap<Option<u16>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut connections = BTreeSet::new();
    for operation in operations {
        match operation {
            Operation::Http { port, method, path } => {
                let methods = by_port.entry(*port).or_default();
                methods.entry(method.clone()).or_default().insert(path.clone());
            }
            Operation::Tcp { port } => {
                connections.insert(*port);
            }
        }
    }
    let (mut boxes, minimality) = requests(&by_port);
    if !connections.is_empty() {
        boxes.insert(OperationBox {
            ports: connections,
            methods: BTreeSet::new(),
            paths: BTreeSet::new(),
        });
    }
    (boxes, minimality)
}

fn requests(
    by_port: &BTreeMap<Option<u16>, BTreeMap<String, BTreeSet<String>>>,
) -> (BTreeSet<OperationBox>, Minimality) {
    let mut worst = Minimality::Minimal;
    let mut ports_of: BTreeMap<Product, BTreeSet<u16>> = BTreeMap::new();
    let mut boxes = BTreeSet::new();
    for (port, methods) in by_port {
        let (products, minimality) = cover(methods);
        worst = worst.max(minimality);
        for product in products {
            match port {
                Some(port) => {
                    ports_of.entry(product).or_default().insert(*port);
                }
                None => {
                    boxes.insert(of_product(product, BTreeSet::new()));
                }
            }
        }
    }
    boxes.extend(
        ports_of
            .into_iter()
            .map(|(product, ports)| of_product(product, ports)),
    );
    (boxes, worst)
}

fn of_product((methods, paths): Product, ports: BTreeSet<u16>) -> OperationBox {
    OperationBox {
        ports,
        methods,
        paths,
    }
}
