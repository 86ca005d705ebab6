//! [`Echo`]: an application behind an Envoy that sends back what it receives, and remembers it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::envoy::application::Listening;
use crate::envoy::loopback::listen;

/// An application on a loopback port. It ends with this value.
#[derive(Debug)]
pub struct Echo {
    address: SocketAddr,
    received: Received,
    server: JoinHandle<()>,
}

/// What each connection brought, in the order in which they came.
type Received = Arc<Mutex<Vec<Vec<u8>>>>;

impl Echo {
    /// Starts an application that says nothing before it has received something.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self, String> {
        Self::greeting("").await
    }

    /// Starts an application that speaks first.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn greeting(greeting: &'static str) -> Result<Self, String> {
        let (listener, address) = listen().await?;
        let received = Received::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&received), greeting));
        Ok(Self {
            address,
            received,
            server,
        })
    }

    /// How many connections there were so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lock().len()
    }

    /// How many connections brought bytes so far.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.lock().iter().filter(|bytes| !bytes.is_empty()).count()
    }

    /// How many connections brought exactly these bytes so far.
    #[must_use]
    pub fn arrivals_of(&self, bytes: &[u8]) -> usize {
        self.lock().iter().filter(|received| *received == bytes).count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening for Echo {
    fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, received: Received, greeting: &'static str) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let received = Arc::clone(&received);
        connections.spawn(async move {
            if let Err(error) = serve_connection(stream, &received, greeting).await {
                eprintln!("the application lost a connection: {error}");
            }
        });
    }
}

async fn serve_connection(mut stream: TcpStream, received: &Received, greeting: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let lock = || received.lock().unwrap_or_else(PoisonError::into_inner);
    let index = {
        let mut connections = lock();
        connections.push(Vec::new());
        connections.len() - 1
    };
    stream.write_all(greeting.as_bytes()).await?;
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        lock()[index].extend_from_slice(&buffer[..length]);
        stream.write_all(&buffer[..length]).await?;
    }
}
