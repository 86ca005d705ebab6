//! [`DiscoveryServer`]: a control plane on loopback or on a socket file.

use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::path::Path;

use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::{Builder, Runtime};
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::Server;
use tonic::transport::server::Router;

use crate::discovery::answers::Answers;
use crate::discovery::service::{ExtensionConfigs, Secrets, Served};
use crate::discovery::shelf::Shelf;

/// A control plane. It ends with this value, and its streams with it.
#[derive(Debug)]
pub struct DiscoveryServer {
    /// A runtime of its own, so that its connections end when it does.
    runtime: Option<Runtime>,
}

impl DiscoveryServer {
    /// Serves this shelf over ECDS and SDS on a loopback port; where.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn on_loopback(shelf: &Shelf, answers: &Answers) -> Result<(Self, SocketAddr), String> {
        let runtime = runtime()?;
        let listener = StdTcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let listener = {
            let _inside = runtime.enter();
            asynchronous(listener).map_err(|error| error.to_string())?
        };
        let incoming = TcpListenerStream::new(listener);
        runtime.spawn(router(shelf, answers).serve_with_incoming(incoming));
        Ok((Self::running(runtime), address))
    }

    /// Serves this shelf over ECDS and SDS on a socket file, in the place of what is there.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn on_socket(path: &Path, shelf: &Shelf, answers: &Answers) -> Result<Self, String> {
        let runtime = runtime()?;
        let _left_over = std::fs::remove_file(path);
        let bound = {
            let _inside = runtime.enter();
            UnixListener::bind(path)
        };
        let listener = bound.map_err(|error| format!("`{}`: {error}", path.display()))?;
        let incoming = UnixListenerStream::new(listener);
        runtime.spawn(router(shelf, answers).serve_with_incoming(incoming));
        Ok(Self::running(runtime))
    }

    fn running(runtime: Runtime) -> Self {
        Self {
            runtime: Some(runtime),
        }
    }
}

impl Drop for DiscoveryServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn asynchronous(listener: StdTcpListener) -> std::io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn runtime() -> Result<Runtime, String> {
    let mut builder = Builder::new_multi_thread();
    let built = builder.worker_threads(1).enable_all().build();
    built.map_err(|error| error.to_string())
}

fn router(shelf: &Shelf, answers: &Answers) -> Router {
    Server::builder()
        .add_service(Served::<ExtensionConfigs>::new(shelf.clone(), answers.clone()))
        .add_service(Served::<Secrets>::new(shelf.clone(), answers.clone()))
}
