//! [`Application`]: what stands behind an Envoy and speaks a protocol of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::envoy::loopback::listen;

/// What an application says and expects on each connection.
pub trait Protocol: Send + Sync + 'static {
    /// Serves one connection until it ends.
    fn serve(&self, peer: &mut Conversation) -> impl Future<Output = io::Result<()>> + Send;
}

/// An application that listens somewhere.
pub trait Listening {
    /// Where it listens.
    fn address(&self) -> SocketAddr;
}

/// An application on a loopback port. It ends with this value.
#[derive(Debug)]
pub struct Application {
    address: SocketAddr,
    traffic: Arc<Traffic>,
    server: JoinHandle<()>,
}

/// What came so far.
#[derive(Debug, Default)]
struct Traffic {
    connections: AtomicUsize,
    bytes: AtomicUsize,
}

/// One connection, from the application's side: every byte that comes is counted.
#[derive(Debug)]
pub struct Conversation {
    stream: TcpStream,
    traffic: Arc<Traffic>,
}

impl Application {
    /// Starts the application.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(protocol: impl Protocol) -> Result<Self, String> {
        let (listener, address) = listen().await?;
        let traffic = Arc::<Traffic>::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&traffic), Arc::new(protocol)));
        Ok(Self {
            address,
            traffic,
            server,
        })
    }

    /// How many connections there were so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.traffic.connections.load(Ordering::SeqCst)
    }

    /// How many bytes came so far, over all connections.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.traffic.bytes.load(Ordering::SeqCst)
    }
}

impl Listening for Application {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Conversation {
    /// Exactly so many bytes.
    ///
    /// # Errors
    /// When the connection ends before.
    pub async fn hear(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut heard = 0;
        while heard < length {
            let read = self.stream.read(&mut bytes[heard..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            heard += read;
            self.traffic.bytes.fetch_add(read, Ordering::SeqCst);
        }
        Ok(bytes)
    }

    /// Everything until the peer has ended its side.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn hear_all(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).await?;
        self.traffic.bytes.fetch_add(bytes.len(), Ordering::SeqCst);
        Ok(bytes)
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }
}

async fn serve<P: Protocol>(listener: TcpListener, traffic: Arc<Traffic>, protocol: Arc<P>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        traffic.connections.fetch_add(1, Ordering::SeqCst);
        let protocol = Arc::clone(&protocol);
        let traffic = Arc::clone(&traffic);
        connections.spawn(async move {
            let ended = match stream.set_nodelay(true) {
                Ok(()) => protocol.serve(&mut Conversation { stream, traffic }).await,
                Err(error) => Err(error),
            };
            // A peer that is denied ends so: its connection is closed without a byte.
            if let Err(error) = ended.or_else(without_end) {
                eprintln!("the application lost a connection: {error}");
            }
        });
    }
}

fn without_end(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Ok(()),
        _ => Err(error),
    }
}
