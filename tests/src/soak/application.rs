//! The application behind an Envoy: it writes each arrival down before it answers.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::soak::arrivals::Arrival;

/// The header that says which request this is, and when it was sent.
pub(super) const MARK: &str = "x-soak";

const LONGEST_HEAD_BYTES: usize = 64 * 1024;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Answers everything with 200, for ever, and appends a line for each request to this file.
///
/// # Errors
/// When the address cannot be bound or the file cannot be opened.
pub async fn serve(listen: SocketAddr, arrivals: &Path) -> Result<(), String> {
    let failed = |error| format!("`{}`: {error}", arrivals.display());
    let file = OpenOptions::new().create(true).append(true).open(arrivals);
    let file = Arc::new(file.map_err(failed)?);
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    loop {
        let (stream, _) = listener.accept().await.map_err(failed)?;
        let file = Arc::clone(&file);
        tokio::spawn(async move {
            if let Err(error) = serve_connection(stream, &file).await {
                eprintln!("the application lost a connection: {error}");
            }
        });
    }
}

/// Answers requests without a body until the proxy closes the connection.
async fn serve_connection(mut stream: TcpStream, mut arrivals: &File) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        while let Some(head) = take_head(&mut received) {
            // One write a line: a process that is killed leaves whole lines.
            arrivals.write_all(Arrival::line(mark(&head).as_deref()).as_bytes())?;
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

fn mark(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case(MARK))?;
    Some(value.trim().to_owned())
}
