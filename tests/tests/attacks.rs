//! A slice of the attacks (`make attacks` runs them all): nothing forbidden arrives, and the filter lives on.

use spiffe_authz_tests::attacks::suite::{Extent, Share, run_all};

const RESETS: u64 = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_known_to_slip_through_does() {
    let extent = Extent {
        only: String::new(),
        resets: RESETS,
        vectors: Share::Slice,
    };
    let tally = run_all(&extent, |_| (), |_| ()).await.unwrap();
    assert_eq!(tally.problem_count(), 0, "{}\n{tally}", tally.problems.join("\n"));
    assert_eq!(tally.hits, 0);
    assert!(tally.vectors() > 400, "{tally}");
}
