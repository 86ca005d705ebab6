//! Where a gRPC call goes: a `GrpcService` of Envoy's configuration, or the name of a cluster.

use crate::calls::clusters::{Clusters, Reach};
use crate::calls::protobuf::{self, NoMessage, Value};

/// Where a gRPC call or stream goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrpcTarget {
    /// A cluster: by its name alone, or by the `envoy_grpc` of a `GrpcService`.
    Cluster(String),
    /// The `target_uri` of a `GrpcService` with `google_grpc`.
    Uri(String),
}

/// What a plugin's bytes name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A target that takes the call.
    Target(GrpcTarget),
    /// A cluster that fails the call at once.
    Unreachable(Unreachable),
    /// A message that names no target.
    Nothing,
    /// Neither a message nor the name of a cluster.
    NoService,
}

/// Why a cluster fails a call at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// There is no such cluster.
    Unknown,
    /// The cluster has no host.
    NoHost,
}

/// Reads what a plugin gave as service: a message first, and a name only where the bytes are no message, as Envoy does.
pub(crate) fn named(bytes: &[u8], clusters: &Clusters) -> Named {
    match parse(bytes) {
        Ok(Some(GrpcTarget::Cluster(name))) => cluster(&name, clusters),
        Ok(Some(target @ GrpcTarget::Uri(_))) => Named::Target(target),
        Ok(None) => Named::Nothing,
        Err(NoMessage) => match clusters.find(bytes) {
            Some((name, _)) => cluster(name, clusters),
            None => Named::NoService,
        },
    }
}

fn cluster(name: &str, clusters: &Clusters) -> Named {
    match clusters.find(name.as_bytes()) {
        Some((name, Reach::Answers)) => Named::Target(GrpcTarget::Cluster(name.to_owned())),
        Some((_, Reach::NoHost)) => Named::Unreachable(Unreachable::NoHost),
        None => Named::Unreachable(Unreachable::Unknown),
    }
}

// `envoy.config.core.v3.GrpcService`
const ENVOY_GRPC: u32 = 1;
const GOOGLE_GRPC: u32 = 2;
/// Timeout, initial metadata, retry policy: they change nothing that a plugin sees.
const OTHER_MESSAGES: [u32; 3] = [3, 5, 6];
/// `cluster_name` of `EnvoyGrpc`, `target_uri` of `GoogleGrpc`.
const NAME: u32 = 1;
/// `authority` of `EnvoyGrpc`.
const AUTHORITY: u32 = 2;
/// `stat_prefix` and `credentials_factory_name` of `GoogleGrpc`.
const STAT_PREFIX: u32 = 4;
const CREDENTIALS: u32 = 5;

/// The target of a `GrpcService`; the last one counts. Messages inside are read as far as the wire format goes, and the
/// texts of the two targets are checked.
fn parse(bytes: &[u8]) -> Result<Option<GrpcTarget>, NoMessage> {
    let mut target = None;
    for field in protobuf::fields(bytes)? {
        let Value::Bytes(value) = field.value else {
            continue;
        };
        if field.number == ENVOY_GRPC {
            let name = text(value, &[NAME, AUTHORITY])?;
            target = Some(GrpcTarget::Cluster(merged(target, name)));
        } else if field.number == GOOGLE_GRPC {
            let uri = text(value, &[NAME, STAT_PREFIX, CREDENTIALS])?;
            target = Some(GrpcTarget::Uri(merged_uri(target, uri)));
        } else if OTHER_MESSAGES.contains(&field.number) {
            protobuf::fields(value)?;
        }
    }
    Ok(target)
}

/// The name in a target's message, whose fields `texts` are UTF-8.
fn text(bytes: &[u8], texts: &[u32]) -> Result<Option<String>, NoMessage> {
    let mut name = None;
    for field in protobuf::fields(bytes)? {
        if let Value::Bytes(value) = field.value
            && texts.contains(&field.number)
        {
            let value = str::from_utf8(value).map_err(|_| NoMessage)?;
            if field.number == NAME {
                name = Some(value.to_owned());
            }
        }
    }
    Ok(name)
}

/// A message that comes twice is one: what the second does not say, the first has said.
fn merged(before: Option<GrpcTarget>, name: Option<String>) -> String {
    match (name, before) {
        (Some(name), _) | (None, Some(GrpcTarget::Cluster(name))) => name,
        (None, Some(GrpcTarget::Uri(_)) | None) => String::new(),
    }
}

fn merged_uri(before: Option<GrpcTarget>, uri: Option<String>) -> String {
    match (uri, before) {
        (Some(uri), _) | (None, Some(GrpcTarget::Uri(uri))) => uri,
        (None, Some(GrpcTarget::Cluster(_)) | None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn envoy_grpc(cluster: &str) -> Vec<u8> {
        message(1, &message(1, cluster.as_bytes()))
    }

    fn named_by(bytes: &[u8]) -> Named {
        named(bytes, &Clusters::new().with("keys").with_no_host("no-host"))
    }

    fn to_cluster(name: &str) -> Named {
        Named::Target(GrpcTarget::Cluster(name.to_owned()))
    }

    #[test]
    fn a_service_is_a_message_or_the_name_of_a_cluster() {
        assert_eq!(named_by(b"keys"), to_cluster("keys"));
        assert_eq!(named_by(&envoy_grpc("keys")), to_cluster("keys"));
        let with_timeout = [message(3, b"\x08\x05"), envoy_grpc("keys")].concat();
        assert_eq!(named_by(&with_timeout), to_cluster("keys"));
        let uri = Named::Target(GrpcTarget::Uri("dns:///a".to_owned()));
        assert_eq!(named_by(&message(2, &message(1, b"dns:///a"))), uri);
    }

    #[test]
    fn what_cannot_take_the_call_says_why() {
        let not_available = Named::Unreachable(Unreachable::Unknown);
        assert_eq!(named_by(&envoy_grpc("other")), not_available);
        assert_eq!(named_by(&message(1, b"")), not_available);
        assert_eq!(
            named_by(&envoy_grpc("no-host")),
            Named::Unreachable(Unreachable::NoHost)
        );
        assert_eq!(named_by(b"no-host"), Named::Unreachable(Unreachable::NoHost));
        assert_eq!(named_by(b"grpc"), Named::NoService);
        assert_eq!(named_by(b""), Named::Nothing);
        assert_eq!(named_by(&message(3, b"\x08\x05")), Named::Nothing);
    }

    #[test]
    fn a_name_that_happens_to_be_a_message_is_one() {
        let clusters = Clusters::new().with("empty");
        assert_eq!(named(b"empty", &clusters), Named::Nothing, "field 12, four bytes");
    }

    #[test]
    fn a_broken_message_is_no_service() {
        assert_eq!(named_by(&message(1, &message(1, b"\xff"))), Named::NoService);
        assert_eq!(named_by(&message(1, b"\x0a\x09keys")), Named::NoService);
        assert_eq!(named_by(&message(3, b"\x0f")), Named::NoService);
    }

    #[test]
    fn of_two_targets_the_last_counts_and_one_that_comes_twice_is_merged() {
        let google = message(2, &message(1, b"dns:///a"));
        let both = [google, envoy_grpc("keys")].concat();
        assert_eq!(named_by(&both), to_cluster("keys"));
        let twice = [envoy_grpc("keys"), message(1, &message(2, b"authority"))].concat();
        assert_eq!(named_by(&twice), to_cluster("keys"));
    }
}
