//! The node: who Envoy says that it is (`xds.node`).

use crate::envoy::dynamic_metadata::MetadataValue;
use crate::envoy::properties::Properties;
use crate::envoy::property_value::{PropertyValue, ProtobufMessage};
use crate::envoy::wire::{delimited, delimited_unless_empty};

/// An `envoy.config.core.v3.Node`, built by chaining; what is not set is empty. Its fields can be read one by one, and the
/// message as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    id: String,
    cluster: String,
    metadata: Option<MetadataValue>,
    locality: Option<Locality>,
    user_agent_name: String,
    user_agent_version: String,
}

/// An `envoy.config.core.v3.Locality`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locality {
    /// Its region.
    pub region: String,
    /// Its zone in the region.
    pub zone: String,
    /// Its part of the zone.
    pub sub_zone: String,
}

impl Node {
    /// A node of this ID in this cluster.
    #[must_use]
    pub fn new(id: impl Into<String>, cluster: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            cluster: cluster.into(),
            ..Self::default()
        }
    }

    /// Its metadata, by name.
    #[must_use]
    pub fn with_metadata<N: Into<String>>(
        mut self,
        metadata: impl IntoIterator<Item = (N, MetadataValue)>,
    ) -> Self {
        self.metadata = Some(MetadataValue::fields(metadata));
        self
    }

    /// Where it is.
    #[must_use]
    pub fn with_locality(mut self, locality: Locality) -> Self {
        self.locality = Some(locality);
        self
    }

    /// What it runs, and in which version.
    #[must_use]
    pub fn with_user_agent(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.user_agent_name = name.into();
        self.user_agent_version = version.into();
        self
    }

    /// The properties of a plugin, or of a stream, of this node.
    #[must_use]
    pub fn properties(&self) -> Properties {
        Properties::new().with(["xds", "node"], self.value())
    }

    fn value(&self) -> PropertyValue {
        let text = |text: &str| PropertyValue::from(text);
        let metadata = self.metadata.clone().unwrap_or_else(no_fields);
        let locality = self.locality.clone().unwrap_or_default();
        let message = ProtobufMessage::new(self.message())
            .with("id", text(&self.id))
            .with("cluster", text(&self.cluster))
            .with("metadata", PropertyValue::Structured(metadata))
            .with("locality", locality.value())
            .with("user_agent_name", text(&self.user_agent_name))
            .with("user_agent_version", text(&self.user_agent_version));
        PropertyValue::Message(message)
    }

    fn message(&self) -> Vec<u8> {
        let metadata = self.metadata.as_ref().map(MetadataValue::struct_message);
        let locality = self.locality.as_ref().map(Locality::message);
        [
            delimited_unless_empty(tag::ID, self.id.as_bytes()),
            delimited_unless_empty(tag::CLUSTER, self.cluster.as_bytes()),
            metadata.map_or_else(Vec::new, |metadata| delimited(tag::METADATA, &metadata)),
            locality.map_or_else(Vec::new, |locality| delimited(tag::LOCALITY, &locality)),
            delimited_unless_empty(tag::USER_AGENT_NAME, self.user_agent_name.as_bytes()),
            delimited_unless_empty(tag::USER_AGENT_VERSION, self.user_agent_version.as_bytes()),
        ]
        .concat()
    }
}

impl Locality {
    pub(super) fn value(&self) -> PropertyValue {
        let message = ProtobufMessage::new(self.message())
            .with("region", self.region.as_str().into())
            .with("zone", self.zone.as_str().into())
            .with("sub_zone", self.sub_zone.as_str().into());
        PropertyValue::Message(message)
    }

    fn message(&self) -> Vec<u8> {
        [
            delimited_unless_empty(tag::REGION, self.region.as_bytes()),
            delimited_unless_empty(tag::ZONE, self.zone.as_bytes()),
            delimited_unless_empty(tag::SUB_ZONE, self.sub_zone.as_bytes()),
        ]
        .concat()
    }
}

/// The `xds.node.metadata` properties by which a plugin learns which workload it guards.
#[must_use]
pub fn workload<'l>(namespace: &str, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> Properties {
    Properties::new()
        .string(["xds", "node", "metadata", "NAMESPACE"], namespace)
        .map(["xds", "node", "metadata", "LABELS"], labels)
}

fn no_fields() -> MetadataValue {
    MetadataValue::fields::<String>([])
}

/// Field number and wire type of each field, in one byte.
mod tag {
    pub(super) const ID: u8 = 0x0a;
    pub(super) const CLUSTER: u8 = 0x12;
    pub(super) const METADATA: u8 = 0x1a;
    pub(super) const LOCALITY: u8 = 0x22;
    pub(super) const USER_AGENT_NAME: u8 = 0x32;
    pub(super) const USER_AGENT_VERSION: u8 = 0x3a;
    pub(super) const REGION: u8 = 0x0a;
    pub(super) const ZONE: u8 = 0x12;
    pub(super) const SUB_ZONE: u8 = 0x1a;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::property_value::Reading;

    #[test]
    fn a_node_is_one_message_whose_fields_are_read_by_name() {
        let locality = Locality {
            region: "eu".to_owned(),
            zone: "z".to_owned(),
            ..Locality::default()
        };
        let node = Node::new("n-1", "c-1")
            .with_metadata([("NAMESPACE", "shop".into())])
            .with_locality(locality)
            .value();
        let whole =
            b"\n\x03n-1\x12\x03c-1\x1a\x15\n\x13\n\tNAMESPACE\x12\x06\x1a\x04shop\"\x07\n\x02eu\x12\x01z";
        assert_eq!(node.at(&[]), Reading::Bytes(whole.to_vec()));
        let table = [
            ("id", "n-1"),
            ("metadata.NAMESPACE", "shop"),
            ("locality", "\n\x02eu\x12\x01z"),
            ("locality.zone", "z"),
            ("user_agent_version", ""),
        ];
        for (path, expected) in table {
            let path: Vec<Vec<u8>> = path
                .split('.')
                .map(|segment| segment.as_bytes().to_vec())
                .collect();
            assert_eq!(
                node.at(&path),
                Reading::Bytes(expected.as_bytes().to_vec()),
                "{path:?}"
            );
        }
    }
}
