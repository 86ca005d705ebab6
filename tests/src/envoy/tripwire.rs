//! [`Tripwire`]: the application behind an Envoy. It answers everything with 200 and remembers what arrived.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::envoy::loopback::listen;

/// The header by which a request is recognised.
pub const CASE_HEADER: &str = "x-conformance-case";

const LONGEST_HEAD_BYTES: usize = 256 * 1024;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// An application on a loopback port. It ends with this value.
#[derive(Debug)]
pub struct Tripwire {
    address: SocketAddr,
    arrivals: Arrivals,
    server: JoinHandle<()>,
}

/// How often each case arrived.
type Arrivals = Arc<Mutex<BTreeMap<String, usize>>>;

impl Tripwire {
    /// Starts the application.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self, String> {
        let (listener, address) = listen().await?;
        let arrivals = Arrivals::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&arrivals)));
        Ok(Self {
            address,
            arrivals,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often a request with this case header arrived so far.
    #[must_use]
    pub fn arrivals_of(&self, case: &str) -> usize {
        self.arrivals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(case)
            .copied()
            .unwrap_or_default()
    }

    /// How many requests arrived so far.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.arrivals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .sum()
    }
}

impl Drop for Tripwire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, arrivals: Arrivals) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let arrivals = Arc::clone(&arrivals);
        connections.spawn(async move {
            if let Err(error) = serve_connection(stream, &arrivals).await {
                eprintln!("the application lost a connection: {error}");
            }
        });
    }
}

/// Answers requests without a body until the proxy closes the connection.
async fn serve_connection(mut stream: TcpStream, arrivals: &Arrivals) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        while let Some(head) = take_head(&mut received) {
            let case = header(&head, CASE_HEADER).unwrap_or_default();
            *arrivals
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(case)
                .or_default() += 1;
            stream.write_all(ANSWER).await?;
        }
        let longest = received.len() >= LONGEST_HEAD_BYTES;
        if longest || stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

fn take_head(received: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(received.drain(..end + 4).collect())
}

fn header(head: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_on_one_connection_are_told_apart() {
        let mut received = b"GET / HTTP/1.1\r\nX-Conformance-Case: 1\r\n\r\nGET / HTTP/1.1\r\n".to_vec();
        let head = take_head(&mut received).unwrap();
        assert_eq!(header(&head, CASE_HEADER).as_deref(), Some("1"));
        assert_eq!(take_head(&mut received), None);
        assert_eq!(received, b"GET / HTTP/1.1\r\n");
    }
}
