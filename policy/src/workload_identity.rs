//! [`WorkloadIdentity`]: the namespace and service account that a mesh writes into a SPIFFE ID.

use crate::spiffe_id::SpiffeId;

/// The namespace and service account of a SPIFFE ID of the exact shape `spiffe://TD/ns/NAMESPACE/sa/NAME`.
///
/// Exactly four path segments: a `/ns/x/` further down in a longer path is no namespace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WorkloadIdentity<'i> {
    namespace: &'i str,
    service_account: &'i str,
}

impl<'i> WorkloadIdentity<'i> {
    /// The workload identity in a SPIFFE ID; `None` where its path has another shape.
    #[must_use]
    pub fn of(id: &'i SpiffeId) -> Option<Self> {
        let mut segments = id.path().split('/');
        let shape = [
            segments.next(),
            segments.next(),
            segments.next(),
            segments.next(),
            segments.next(),
        ];
        match (shape, segments.next()) {
            (
                [
                    Some(""),
                    Some("ns"),
                    Some(namespace),
                    Some("sa"),
                    Some(service_account),
                ],
                None,
            ) => Some(Self {
                namespace,
                service_account,
            }),
            _ => None,
        }
    }

    /// The Kubernetes namespace, such as `shop`.
    #[must_use]
    pub fn namespace(&self) -> &'i str {
        self.namespace
    }

    /// The name of the service account, such as `orders`.
    #[must_use]
    pub fn service_account(&self) -> &'i str {
        self.service_account
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn namespace_and_service_account_come_from_the_exact_shape() {
        let id = SpiffeId::parse(b"spiffe://cluster.local/ns/shop/sa/orders").unwrap();
        let workload = WorkloadIdentity::of(&id).unwrap();
        assert_eq!(
            (workload.namespace(), workload.service_account()),
            ("shop", "orders")
        );
    }

    #[test]
    fn any_other_shape_is_no_workload_identity() {
        for id in [
            "spiffe://td",
            "spiffe://td/ns/shop",
            "spiffe://td/ns/shop/sa",
            "spiffe://td/ns/shop/sa/orders/x",
            "spiffe://td/x/ns/shop/sa/orders",
            "spiffe://td/sa/orders/ns/shop",
            "spiffe://td/NS/shop/sa/orders",
            "spiffe://td/ns/evil/sa/m/ns/shop/sa/orders",
        ] {
            assert_eq!(
                WorkloadIdentity::of(&SpiffeId::parse(id.as_bytes()).unwrap()),
                None,
                "{id}"
            );
        }
    }
}
