//! The process of the subscribers.

use std::io::BufRead as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::scale::counted::Tally;
use crate::scale::setting::Setting;
use crate::scale::subscriber::follow;

/// What the names of their nodes begin with.
pub const NODE: &str = "subscriber-";

/// What went through the sockets of all subscribers so far.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Traffic {
    /// Bytes that came.
    pub received: u64,
    /// Bytes that went.
    pub sent: u64,
}

/// Follows this server with as many subscribers as the setting says. Each line of the input is answered by a line
/// with the [`Traffic`]; it ends with the input.
///
/// # Errors
/// When there is no runtime, no input or no output.
pub fn subscribe(setting: &Setting, server: SocketAddr) -> Result<(), String> {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let tally = Arc::new(Tally::default());
    for number in 0..setting.subscribers {
        let node = format!("{NODE}{number}");
        let following = follow(server, node.clone(), setting.protocol, Arc::clone(&tally));
        runtime.spawn(async move {
            if let Err(error) = following.await {
                eprintln!("{node}: {error}");
            }
        });
    }
    for line in std::io::stdin().lock().lines() {
        line.map_err(|error| error.to_string())?;
        let traffic = Traffic {
            received: tally.received.load(Ordering::Relaxed),
            sent: tally.sent.load(Ordering::Relaxed),
        };
        println!(
            "{}",
            serde_json::to_string(&traffic).map_err(|error| error.to_string())?
        );
    }
    runtime.shutdown_background();
    Ok(())
}
