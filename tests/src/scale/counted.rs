//! [`Counted`]: a socket that counts what goes through it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many bytes went through all sockets of one tally.
#[derive(Debug, Default)]
pub struct Tally {
    /// Those that came.
    pub received: AtomicU64,
    /// Those that went.
    pub sent: AtomicU64,
}

/// A socket whose bytes are added to a tally.
#[derive(Debug)]
pub struct Counted {
    socket: TcpStream,
    tally: Arc<Tally>,
}

impl Counted {
    /// This socket, counted there.
    #[must_use]
    pub fn new(socket: TcpStream, tally: Arc<Tally>) -> Self {
        Self { socket, tally }
    }

    fn add_sent(&self, written: &Poll<std::io::Result<usize>>) {
        if let Poll::Ready(Ok(count)) = written {
            add(&self.tally.sent, *count);
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        add(&self.tally.received, buffer.filled().len() - before);
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.add_sent(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.add_sent(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

fn add(sum: &AtomicU64, count: usize) {
    sum.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
}
