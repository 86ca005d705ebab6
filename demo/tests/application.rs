//! The demo application: what it answers, what it counts, and what it does when it is told to send a request.

#![allow(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::collections::BTreeMap;
use std::net::SocketAddr;

use spiffe_authz_demo::application::{Application, MARK, Received, Tally};
use spiffe_authz_demo::control::{Answer, ControlClient, SendOrder};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::mtls_client::Client;
use tokio::net::TcpListener;

async fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn start(name: &str, outbound: BTreeMap<String, SocketAddr>) -> (SocketAddr, ControlClient) {
    let application = Application::new(name, outbound);
    let ((requests, address), (control, control_address)) = (bind().await, bind().await);
    tokio::spawn(application.clone().serve(requests));
    tokio::spawn(application.serve_control(control));
    (address, ControlClient::new(control_address))
}

#[tokio::test]
async fn the_application_answers_with_what_it_received() {
    let (address, _control) = start("orders", BTreeMap::new()).await;
    let request = HttpRequest::new("GET", "/orders/1?x=1")
        .with_header("x-forwarded-client-cert", "URI=spiffe://a")
        .with_header("x-forwarded-client-cert", "URI=spiffe://b");
    let response = Client::plaintext(address).send(&request).await.unwrap();
    let received: Received = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(
        received,
        Received {
            service: "orders".into(),
            method: "GET".into(),
            path: "/orders/1?x=1".into(),
            x_forwarded_client_cert: vec!["URI=spiffe://a".into(), "URI=spiffe://b".into()],
        }
    );
}

#[tokio::test]
async fn an_ordered_request_goes_to_the_named_peer_and_is_counted_there() {
    let (orders, orders_control) = start("orders", BTreeMap::new()).await;
    let (_, frontend) = start("frontend", BTreeMap::from([("orders".into(), orders)])).await;
    let order = SendOrder {
        to: "orders".into(),
        method: "DELETE".into(),
        path: "/orders/../admin".into(),
        headers: vec![(MARK.into(), "row-1".into())],
    };
    let Answer::Response { status, body } = frontend.send(&order).await.unwrap() else {
        panic!("no response")
    };
    assert_eq!(status, 200);
    assert!(
        body.contains(r#""method":"DELETE","path":"/orders/../admin""#),
        "{body}"
    );
    assert_eq!(
        orders_control.tally().await.unwrap(),
        Tally {
            total: 1,
            marks: ["row-1".into()].into()
        }
    );
    assert_eq!(frontend.tally().await.unwrap(), Tally::default());
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_a_failure_with_its_reason() {
    let nobody = bind().await.1;
    let (_, frontend) = start("frontend", BTreeMap::from([("orders".into(), nobody)])).await;
    let mut order = SendOrder {
        to: "orders".into(),
        method: "GET".into(),
        path: "/".into(),
        headers: Vec::new(),
    };
    let failure = |reason: &str| Answer::Failure {
        reason: reason.into(),
    };
    assert_eq!(
        frontend.send(&order).await.unwrap(),
        failure("connection refused")
    );
    order.to = "payments".into();
    assert_eq!(
        frontend.send(&order).await.unwrap(),
        failure("frontend has no way to `payments`")
    );
}

#[tokio::test]
async fn an_order_with_an_unknown_field_is_refused() {
    let application = Application::new("frontend", BTreeMap::new());
    let (listener, address) = bind().await;
    tokio::spawn(application.serve_control(listener));
    let request = HttpRequest::new("POST", "/send").with_body(r#"{"tow": "orders"}"#);
    let response = Client::plaintext(address).send(&request).await.unwrap();
    assert_eq!(response.status, 400);
    assert!(
        response.body_text().contains("unknown field `tow`"),
        "{}",
        response.body_text()
    );
}
