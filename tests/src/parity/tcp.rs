//! Bytes both ways.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::parity::endpoint::{Arrivals, Backstage, Command, End, Endpoint};

/// Carries bytes until the connection breaks.
pub(crate) async fn client(stream: impl AsyncRead + AsyncWrite + Unpin, backstage: Backstage) {
    let received = backstage.received.clone();
    let _ended = carry(stream, backstage).await;
    received.broken();
}

/// Serves one connection.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, arrivals: Arrivals) {
    let (endpoint, backstage) = Endpoint::new();
    arrivals.push(endpoint);
    client(stream, backstage).await;
}

async fn carry(mut stream: impl AsyncRead + AsyncWrite + Unpin, mut backstage: Backstage) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut ended = false;
    loop {
        tokio::select! {
            command = backstage.commands.recv() => match command {
                Some(Command::Body { bytes, end }) => {
                    stream.write_all(&bytes).await?;
                    stream.flush().await?;
                    if end {
                        stream.shutdown().await?;
                    }
                }
                Some(Command::Break) | None => return Ok(()),
                Some(Command::Headers { .. } | Command::Trailers(_)) => {}
            },
            read = stream.read_buf(&mut buffer), if !ended => {
                ended = read? == 0;
                let mut received = backstage.received.lock();
                received.body.append(&mut buffer);
                if ended {
                    received.end = End::Complete;
                }
            }
        }
    }
}
