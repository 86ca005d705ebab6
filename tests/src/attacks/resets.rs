//! Streams that are reset at every stage, in great number: the filter's contexts must go with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, fs};

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::attacks::client::{Stream, open_http2};
use crate::attacks::http2::{Http2, Step};
use crate::attacks::peers::{Peers, Presents};
use crate::attacks::policies::{deny, operation};
use crate::attacks::readings::reads_as;
use crate::attacks::site::{Site, Stand};
use crate::attacks::station::{Polarity, Station};
use crate::attacks::tally::Tally;
use crate::attacks::upstream::{HALF, SILENT};
use crate::attacks::vector::{AUTHORITY, Field, Wire, owned};
use crate::envoy::guarded::FRONTEND;

const ROW: &str = "stream-resets";
const PEER: &str = "frontend";
const CONNECTIONS: u64 = 4;
/// Envoy ends a connection of HTTP/2 after about 1,000 resets in quick succession, and no setting of a listener changes that.
const STREAMS_OF_A_CONNECTION: u64 = 700;
/// Streams that are begun and reset in one go: fewer than a connection may hold open.
const STREAMS_AT_ONCE: usize = 50;
/// What Envoy may have kept after all streams are gone, beside what it had after the first ones: buffers of connections and
/// of the allocator, and nothing that grows with the number of streams. A context of the filter alone has over 100 bytes.
const MOST_KEPT_BYTES: u64 = 24 * 1024 * 1024;
const PATIENCE_POLLS: usize = 1_000;
const POLL: Duration = Duration::from_millis(20);

/// What the resets left behind.
#[derive(Clone, Copy, Debug)]
pub struct Resets {
    /// Streams that were reset.
    pub streams: u64,
    /// Envoy's memory after a tenth of them.
    pub warm_bytes: u64,
    /// Envoy's memory after all of them.
    pub bytes: u64,
    /// Streams that Envoy counts as reset by the peer.
    pub counted: u64,
}

impl fmt::Display for Resets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes / 1024 / 1024;
        write!(
            formatter,
            "{} streams reset, {} of them counted by Envoy; its memory: {} MiB after a tenth of them, {} MiB after all",
            self.streams,
            self.counted,
            mebibytes(self.warm_bytes),
            mebibytes(self.bytes)
        )
    }
}

/// Resets so many streams, at each stage alike.
///
/// # Errors
/// When Envoy does not serve, or fails.
pub async fn run(streams: u64, progress: impl Fn(&str)) -> Result<(Tally, Resets), String> {
    let configuration = deny("zero-trust", &operation(json!({"paths": ["/admin"]})));
    let station = Station::new("DENY /admin", configuration, Polarity::Refuses, |arrival| {
        reads_as(arrival.target(), |path| path == b"/admin")
    });
    let mut site = Site::start(&[station]).await?;
    let peers = site.peers(&[(PEER, Presents::svid(FRONTEND))])?;
    let stand = site.stands.first().map(Arc::clone).ok_or("no station")?;
    let mut tally = Tally::default();
    let warm = reset_all(&stand, &peers, streams / 10, &|_| ()).await?;
    settle(&site).await?;
    let warm_bytes = resident_bytes(&site)?;
    let rest = reset_all(&stand, &peers, streams - warm.streams, &|done| {
        progress(&format!("{done} resets"))
    })
    .await?;
    settle(&site).await?;
    let bytes = resident_bytes(&site)?;
    let counted = site.envoy.counter("downstream_rq_rx_reset").await?;
    let counts = tally.row(ROW);
    counts.vectors = stages().len();
    counts.sent = (warm.streams + rest.streams) as usize;
    counts.arrived = warm.arrived + rest.arrived;
    counts.denied = counts.sent - counts.arrived;
    counts.expected = counts.sent - warm.hits - rest.hits;
    tally.hits += warm.hits + rest.hits;
    for _ in 0..warm.hits + rest.hits {
        tally.problem(format!("{ROW}: /admin arrived"));
    }
    if bytes > warm_bytes + MOST_KEPT_BYTES {
        tally.problem(format!(
            "{ROW}: Envoy had {warm_bytes} bytes after a tenth of the streams, and has {bytes}"
        ));
    }
    if let Err(error) = site.check_alive().await {
        tally.problem(format!("{ROW}: {error}"));
    }
    let resets = Resets {
        streams: warm.streams + rest.streams,
        warm_bytes,
        bytes,
        counted,
    };
    Ok((tally, resets))
}

#[derive(Default)]
struct Sent {
    streams: u64,
    arrived: usize,
    hits: usize,
}

async fn reset_all(
    stand: &Arc<Stand>,
    peers: &Arc<Peers>,
    streams: u64,
    progress: &impl Fn(u64),
) -> Result<Sent, String> {
    let mut tasks = JoinSet::new();
    let done = Arc::new(AtomicU64::new(0));
    for _ in 0..CONNECTIONS {
        let (stand, peers, done) = (Arc::clone(stand), Arc::clone(peers), Arc::clone(&done));
        tasks.spawn(async move { reset_on_connections(&stand, &peers, streams / CONNECTIONS, &done).await });
    }
    let mut sent = Sent::default();
    loop {
        let joined = tokio::time::timeout(Duration::from_secs(1), tasks.join_next()).await;
        // What arrived is looked through as it comes, or it would fill the memory of the upstream.
        for arrival in stand.upstream.take() {
            sent.arrived += 1;
            sent.hits += usize::from((stand.station.forbidden)(&arrival));
        }
        match joined {
            Ok(Some(task)) => task.map_err(|error| error.to_string())??,
            Ok(None) => break,
            Err(_) => progress(done.load(Ordering::Relaxed)),
        }
    }
    sent.streams = done.load(Ordering::Relaxed);
    Ok(sent)
}

/// One connection after the other.
async fn reset_on_connections(
    stand: &Stand,
    peers: &Peers,
    streams: u64,
    done: &AtomicU64,
) -> Result<(), String> {
    let mut sent = 0;
    while sent < streams {
        let connector = peers.connector(PEER, &Wire::Http2(Vec::new()))?;
        let mut http2 = open_http2(stand.listen, connector).await?;
        let mut of_connection = 0;
        while of_connection < STREAMS_OF_A_CONNECTION && sent < streams {
            for stage in stages() {
                stage
                    .reset(&mut http2)
                    .await
                    .map_err(|error| format!("{stage:?} after {sent} resets: {error}"))?;
                let count = stage.streams() as u64;
                of_connection += count;
                sent += count;
                done.fetch_add(count, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

/// When a stream is reset.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Behind the headers, in one go with them.
    Headers(&'static str),
    /// In the body.
    Body(&'static str),
    /// Behind the trailers.
    Trailers(&'static str),
    /// While the application is silent.
    Waiting,
    /// When the head of the response is there, and its body is not.
    Response(&'static str),
}

fn stages() -> [Stage; 8] {
    [
        Stage::Headers("/admin"),
        Stage::Headers("/app"),
        Stage::Body("/admin"),
        Stage::Body("/app"),
        Stage::Trailers("/app"),
        Stage::Waiting,
        Stage::Response(HALF),
        Stage::Response("/admin"),
    ]
}

impl Stage {
    async fn reset(self, http2: &mut Http2<Stream>) -> std::io::Result<()> {
        match self {
            Self::Headers(_) | Self::Body(_) | Self::Trailers(_) => {
                http2.send_on_streams(&self.steps(), STREAMS_AT_ONCE).await?;
            }
            Self::Waiting => {
                // A ping's answer says that Envoy has read the request; it is on its way to the application then.
                http2.send_and_reset_later(&self.steps()).await?;
            }
            Self::Response(_) => {
                http2.send_after_headers(&self.steps(), &[Step::Reset]).await?;
            }
        }
        http2.settle().await
    }

    fn streams(self) -> usize {
        match self {
            Self::Headers(_) | Self::Body(_) | Self::Trailers(_) => STREAMS_AT_ONCE,
            Self::Waiting | Self::Response(_) => 1,
        }
    }

    fn steps(self) -> Vec<Step> {
        let head = |path: &str| {
            let fields: [Field<'_>; 4] = [
                (b":method", b"POST"),
                (b":scheme", b"https"),
                (b":authority", AUTHORITY.as_bytes()),
                (b":path", path.as_bytes()),
            ];
            Step::Headers(owned(&fields))
        };
        let data = || Step::Data(b"body".to_vec());
        let trailers = || Step::Headers(owned(&[(b"x-checksum", b"1")]));
        match self {
            Self::Headers(path) => vec![head(path), Step::Reset],
            Self::Body(path) => vec![head(path), data(), Step::Reset],
            Self::Trailers(path) => vec![head(path), data(), trailers(), Step::Reset],
            Self::Waiting => vec![head(SILENT)],
            Self::Response(path) => vec![head(path), data()],
        }
    }
}

/// Waits until Envoy counts no request as open.
async fn settle(site: &Site) -> Result<(), String> {
    for _ in 0..PATIENCE_POLLS {
        if site.envoy.counter("station-.*downstream_rq_active").await? == 0 {
            return Ok(());
        }
        sleep(POLL).await;
    }
    Err("Envoy counts requests as open after all of them were reset".to_owned())
}

fn resident_bytes(site: &Site) -> Result<u64, String> {
    let id = site.envoy.process_id();
    let status = fs::read_to_string(format!("/proc/{id}/status")).map_err(|error| error.to_string())?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kib: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .map_err(|error| format!("`{line}`: {error}"))?;
    Ok(kib * 1024)
}
