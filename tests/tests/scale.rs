//! One policy change reaches every proxy that follows it. `make scale` does the same with 200 of them and measures it.

use std::path::Path;

use spiffe_authz_tests::discovery::bootstrap::Protocol;
use spiffe_authz_tests::scale::{Beside, Row, Setting, measure};

const SUBSCRIBERS: usize = 20;
const PUSHES: usize = 2;
const RULES: usize = 10;

async fn pushed(protocol: Protocol) -> Row {
    let setting = Setting {
        rules: RULES,
        subscribers: SUBSCRIBERS,
        protocol,
        beside: Beside::Nobody,
    };
    let program = Path::new(env!("CARGO_BIN_EXE_scale"));
    measure(program, &setting, PUSHES).await.unwrap()
}

/// The paths and principals of the rules alone are more than this for each subscriber.
const LEAST_BYTES: u64 = 500;

fn every_subscriber_took_each_change(row: &Row) {
    assert_eq!(row.pushes.len(), PUSHES);
    for push in &row.pushes {
        assert_eq!(push.served.acks, SUBSCRIBERS);
        assert!(row.of_one(push.received) > LEAST_BYTES, "{push:?}");
        assert!(row.of_one(push.sent) > 0, "{push:?}");
        assert!(!push.served.cpu.is_zero(), "{push:?}");
    }
}

#[tokio::test]
async fn one_change_reaches_every_subscriber_by_delta() {
    every_subscriber_took_each_change(&pushed(Protocol::Delta).await);
}

#[tokio::test]
async fn one_change_reaches_every_subscriber_by_the_state_of_the_world() {
    every_subscriber_took_each_change(&pushed(Protocol::StateOfTheWorld).await);
}
