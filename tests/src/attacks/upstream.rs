//! [`Upstream`]: the tripwire of this suite. It answers everything with 200 and keeps every request that arrives, whole.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::envoy::loopback::listen;

/// A request for this path gets no answer.
pub const SILENT: &str = "/silent";
/// A request for this path gets the head of an answer and half of its body.
pub const HALF: &str = "/half";

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const HALF_AN_ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf!";

/// A request as the proxy sent it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrival {
    head: Vec<u8>,
    /// The bytes of the body, with the framing of chunks and the trailers where there are any.
    pub body: Vec<u8>,
}

impl Arrival {
    /// The request target.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        // The method has no space in it; a target might.
        let line = self.request_line();
        let begin = line
            .iter()
            .position(|byte| *byte == b' ')
            .map_or(0, |space| space + 1);
        let end = line.iter().rposition(|byte| *byte == b' ').unwrap_or(line.len());
        line.get(begin..end).unwrap_or_default()
    }

    /// Method, target and version.
    #[must_use]
    pub fn request_line(&self) -> &[u8] {
        let end = self.head.windows(2).position(|window| window == b"\r\n");
        &self.head[..end.unwrap_or(self.head.len())]
    }

    /// The values of a header, in their order.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&[u8]> {
        let lines = self.head.split(|byte| *byte == b'\n').skip(1);
        let pairs = lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        });
        let values = pairs.filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
        values.map(|(_, value)| value).collect()
    }
}

/// An application on a loopback port. It ends with this value.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    arrivals: Arrivals,
    server: JoinHandle<()>,
}

type Arrivals = Arc<Mutex<Vec<Arrival>>>;

impl Upstream {
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

    /// What arrived since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut *lock(&self.arrivals))
    }

    /// How many requests arrived since they were taken last.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.arrivals).len()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(arrivals: &Arrivals) -> MutexGuard<'_, Vec<Arrival>> {
    arrivals.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, arrivals: Arrivals) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let arrivals = Arc::clone(&arrivals);
        // A proxy that cuts a connection is no event: peers of this suite cut theirs.
        connections.spawn(async move { serve_connection(stream, &arrivals).await });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_connection(mut stream: TcpStream, arrivals: &Arrivals) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        if let Some(head) = take_through(&mut received, b"\r\n\r\n") {
            // A request counts once its head is there: an application may act on it then.
            let index = {
                let mut arrivals = lock(arrivals);
                arrivals.push(Arrival {
                    head: head.clone(),
                    body: Vec::new(),
                });
                arrivals.len() - 1
            };
            let body = read_body(&mut stream, &mut received, &head).await?;
            if let Some(arrival) = lock(arrivals).get_mut(index) {
                arrival.body = body;
            }
            stream.write_all(answer(&head)).await?;
        } else if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

fn answer(head: &[u8]) -> &'static [u8] {
    let asks = |path: &str| {
        head.starts_with(format!("GET {path} ").as_bytes())
            || head.starts_with(format!("POST {path} ").as_bytes())
    };
    if asks(SILENT) {
        b""
    } else if asks(HALF) {
        HALF_AN_ANSWER
    } else {
        ANSWER
    }
}

async fn read_body(stream: &mut TcpStream, received: &mut Vec<u8>, head: &[u8]) -> io::Result<Vec<u8>> {
    let arrival = Arrival {
        head: head.to_vec(),
        body: Vec::new(),
    };
    loop {
        let body = if arrival.header("transfer-encoding").is_empty() {
            take_length(received, content_length(&arrival))
        } else if received.starts_with(b"0\r\n\r\n") {
            take_length(received, 5)
        } else {
            // The last chunk, perhaps with trailers behind it, ends in an empty line; no chunk of this suite does.
            take_through(received, b"\r\n\r\n")
        };
        if let Some(body) = body {
            return Ok(body);
        }
        if stream.read_buf(received).await? == 0 {
            return Ok(std::mem::take(received));
        }
    }
}

fn content_length(arrival: &Arrival) -> usize {
    let values = arrival.header("content-length");
    let text = values
        .first()
        .map(|value| String::from_utf8_lossy(value).into_owned());
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn take_length(received: &mut Vec<u8>, length: usize) -> Option<Vec<u8>> {
    (received.len() >= length).then(|| received.drain(..length).collect())
}

fn take_through(received: &mut Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    let found = received.windows(end.len()).position(|window| window == end)?;
    Some(received.drain(..found + end.len()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_request_are_found() {
        let arrival = Arrival {
            head: b"GET /a b HTTP/1.1\r\nHost: x\r\nX-A:1\r\nx-a: 2\r\n\r\n".to_vec(),
            body: Vec::new(),
        };
        assert_eq!(arrival.target(), b"/a b");
        assert_eq!(arrival.header("x-a"), [b"1", b"2"]);
    }

    #[tokio::test]
    async fn what_arrives_is_kept_whole() {
        let upstream = Upstream::start().await.unwrap();
        let mut stream = TcpStream::connect(upstream.address()).await.unwrap();
        let sent = b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: 1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        stream.write_all(sent).await.unwrap();
        let mut answers = vec![0; 2 * ANSWER.len()];
        stream.read_exact(&mut answers).await.unwrap();
        let arrivals = upstream.take();
        let targets: Vec<&[u8]> = arrivals.iter().map(Arrival::target).collect();
        assert_eq!(targets, [b"/a", b"/b"]);
        assert_eq!(arrivals[0].body, b"1\r\nx\r\n0\r\nx-t: 1\r\n\r\n");
        assert_eq!(upstream.waiting(), 0);
    }
}
