//! What the client gets to see.

use crate::common::{guarded, send};

#[tokio::test]
async fn a_denied_request_is_answered_with_403_and_a_body_that_gives_nothing_away() {
    let guarded = guarded("denied-body").await;
    let response = send(&guarded, "DELETE").await;
    assert_eq!(
        (response.status, response.body_text()),
        (403, "RBAC: access denied".to_owned())
    );
    assert_eq!(guarded.application.arrivals(), 0);
}
