//! [`Plan`]: how long a soak lasts, and how much happens in it.

use std::path::PathBuf;
use std::time::Duration;

/// What a soak does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long the load lasts, without the start.
    pub length: Duration,
    /// How long the peak is measured before.
    pub measure: Duration,
    /// Chance starts from here: the same kills at the same times, as far as the machine is the same.
    pub seed: u64,
    /// Between two versions of the policies of one workload.
    pub update_every: Duration,
    /// Between two SVIDs of each workload and of each peer.
    pub rotate_every: Duration,
    /// Between two kills of an Envoy, and between two of an application, on average.
    pub kill_every: Duration,
    /// After an update that Envoy says it has taken, its workers may still judge by the version before.
    pub settle: Duration,
    /// After a restart, connections of before it may still break.
    pub margin: Duration,
    /// The command that serves an application: it gets the address and the file of arrivals.
    pub application: Vec<String>,
    /// Where the picture of the memory goes.
    pub picture: Option<PathBuf>,
}
