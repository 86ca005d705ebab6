//! Much at once: many bytes through one connection, and many connections.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use spiffe_authz_tests::envoy::application::{Application, Conversation, Protocol};
use spiffe_authz_tests::envoy::echo::Echo;
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::databases::frontend_alone;
use crate::table::{BATCH, OTHER};

const LARGE_BYTES: usize = 8 << 20;
const CONNECTIONS: usize = 200;
/// Who connects, one after the other; `None` has no certificate.
const CROWD: [Option<&str>; 4] = [Some(FRONTEND), Some(OTHER), Some(BATCH), None];

/// Answers when the peer has ended its side, with the checksum of what came.
struct Checksum;

impl Protocol for Checksum {
    async fn serve(&self, peer: &mut Conversation) -> io::Result<()> {
        let bytes = peer.hear_all().await?;
        peer.say(&checksum(&bytes)).await
    }
}

fn checksum(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// Bytes of which no two pages are the same.
fn large() -> Vec<u8> {
    let numbers = (0_u32..).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
    numbers.take(LARGE_BYTES).collect()
}

async fn decisions<A>(guarded: &GuardedTcp<A>) -> BTreeMap<String, u64> {
    let metrics = guarded.envoy.prometheus().await.unwrap();
    let lines = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("spiffe_authz_requests_total"));
    let counted = lines.filter_map(|line| {
        let (labels, value) = line.rsplit_once(' ')?;
        let value: u64 = value.parse().unwrap();
        (value > 0).then(|| (labels.to_owned(), value))
    });
    counted.collect()
}

fn counted<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    expected.map(|(labels, value)| (labels.to_owned(), value)).into()
}

const ALLOWED: &str = r#"{decision="allow",cause="matched-allow",policy="shop/allow",mtls="mutual"}"#;
const NOT_ALLOWED: &str = r#"{decision="deny",cause="no-matching-allow",policy="",mtls="mutual"}"#;
const MTLS_REQUIRED: &str = r#"{decision="deny",cause="mtls-required",policy="",mtls="plaintext"}"#;

#[tokio::test]
async fn eight_mebibytes_go_both_ways_at_once_by_one_decision() {
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start("tcp-large", &frontend_alone(), application)
        .await
        .unwrap();
    let sent = large();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    let received = connection.stream(&sent).await.unwrap();
    assert_eq!(checksum(&received), checksum(&sent));
    assert_eq!(guarded.application.arrivals_of(&sent), 1);
    assert_eq!(decisions(&guarded).await, counted([(ALLOWED, 1)]));
}

#[tokio::test]
async fn a_peer_that_has_ended_its_side_still_hears_the_answer() {
    let application = Application::start(Checksum).await.unwrap();
    let guarded = GuardedTcp::start("tcp-half-close", &frontend_alone(), application)
        .await
        .unwrap();
    for sent in [large(), b"hello".to_vec(), Vec::new()] {
        let mut connection = guarded.connect(FRONTEND).await.unwrap();
        connection.say(&sent).await.unwrap();
        connection.finish().await.unwrap();
        assert_eq!(connection.ending().await.unwrap(), checksum(&sent));
    }
}

#[tokio::test]
async fn of_two_hundred_connections_at_once_each_gets_its_own_decision() {
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start("tcp-crowd", &frontend_alone(), application)
        .await
        .unwrap();
    let guarded = Arc::new(guarded);
    let everybody_is_there = Arc::new(Barrier::new(CONNECTIONS));
    let mut crowd = JoinSet::new();
    for number in 0..CONNECTIONS {
        let (guarded, everybody_is_there) = (Arc::clone(&guarded), Arc::clone(&everybody_is_there));
        crowd.spawn(async move {
            let spiffe_id = CROWD[number % CROWD.len()];
            let tls = spiffe_id.map(|spiffe_id| guarded.identities.client(&[spiffe_id.to_owned()]).unwrap());
            let mut connection = guarded.connect_over(tls).await.unwrap();
            everybody_is_there.wait().await;
            let sent = format!("connection {number}\n").into_bytes();
            let received = connection.exchange(&sent).await.unwrap();
            let expected = if spiffe_id == Some(FRONTEND) {
                sent.clone()
            } else {
                Vec::new()
            };
            assert_eq!(received, expected, "{spiffe_id:?}");
            assert_eq!(
                guarded.application.arrivals_of(&sent),
                usize::from(!expected.is_empty())
            );
        });
    }
    crowd.join_all().await;
    let each = u64::try_from(CONNECTIONS / CROWD.len()).unwrap();
    let expected = [(ALLOWED, each), (NOT_ALLOWED, 2 * each), (MTLS_REQUIRED, each)];
    assert_eq!(decisions(&guarded).await, counted(expected));
}
