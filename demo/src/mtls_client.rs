//! A client that sends one HTTP/1.1 request: over mTLS with an SVID, over TLS without a certificate, or over
//! plaintext. Every step has a deadline, and every failure a name.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::http_request::HttpRequest;
use crate::http_response::HttpResponse;
use crate::server_verifier::SpiffeServerVerifier;
use crate::transport_failure::{FailureKind, Step, TransportFailure};

/// How long each step of a request may take.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest response that is read.
const LONGEST_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// The certificate that a client presents.
#[derive(Debug, Clone, Copy)]
pub enum ClientCertificate<'p> {
    /// This chain and this private key, both PEM.
    Presented {
        /// The leaf first.
        certificate_pem: &'p str,
        /// PKCS#8.
        private_key_pem: &'p str,
    },
    /// None: the client takes part in TLS and stays nameless.
    Absent,
}

/// What a TLS client needs to be told.
#[derive(Debug, Clone, Copy)]
pub struct TlsOptions<'p> {
    /// The trust bundle that the server's chain must end in, PEM.
    pub trust_bundle_pem: &'p str,
    /// The SPIFFE ID that the server must have, exactly.
    pub server_spiffe_id: &'p str,
    /// The client's own certificate.
    pub certificate: ClientCertificate<'p>,
    /// The server name indication to send; `None` sends none.
    pub server_name: Option<&'p str>,
}

/// PEM or keys that rustls does not take.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// A PEM document does not hold what it should.
    #[error("no {what} can be read from the PEM document")]
    Pem {
        /// What it should hold.
        what: &'static str,
        /// Why it does not.
        source: rustls::pki_types::pem::Error,
    },
    /// The server name is no DNS name.
    #[error("`{name}` is no DNS name")]
    ServerName {
        /// The name.
        name: String,
    },
    /// The certificates or the key do not fit.
    #[error("the certificates are not usable")]
    Rustls(#[from] rustls::Error),
}

/// Where a client sends its request, and over what.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    source: Option<IpAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    step_timeout: Duration,
}

impl Client {
    /// A client without TLS.
    #[must_use]
    pub fn plaintext(address: SocketAddr) -> Self {
        Self {
            address,
            source: None,
            tls: None,
            step_timeout: STEP_TIMEOUT,
        }
    }

    /// A client with TLS 1.2 or 1.3.
    ///
    /// # Errors
    /// When the PEM documents, the key or the server name do not parse.
    pub fn tls(address: SocketAddr, options: &TlsOptions<'_>) -> Result<Self, TlsSetupError> {
        let connector = TlsConnector::from(Arc::new(client_config(options)?));
        let name = match options.server_name {
            Some(name) => {
                ServerName::try_from(name.to_owned()).map_err(|_name| TlsSetupError::ServerName {
                    name: name.to_owned(),
                })?
            }
            // An address as the name makes rustls send no server name indication.
            None => ServerName::IpAddress(address.ip().into()),
        };
        Ok(Self {
            address,
            source: None,
            tls: Some((connector, name)),
            step_timeout: STEP_TIMEOUT,
        })
    }

    /// The same client with another deadline for each step.
    #[must_use]
    pub fn with_step_timeout(mut self, step_timeout: Duration) -> Self {
        self.step_timeout = step_timeout;
        self
    }

    /// The same client with an address of this machine from which it connects; else the operating system picks one.
    #[must_use]
    pub fn with_source(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// Sends the request over a connection of its own and reads the response.
    ///
    /// # Errors
    /// When there is no whole response: which step failed, and how.
    pub async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportFailure> {
        let stream = self
            .step(Step::Connect, connect(self.address, self.source))
            .await?;
        let Some((connector, name)) = &self.tls else {
            return self.exchange(stream, request).await;
        };
        let stream = self
            .step(Step::Handshake, connector.connect(name.clone(), stream))
            .await?;
        self.exchange(stream, request).await
    }

    async fn exchange<S>(
        &self,
        mut stream: S,
        request: &HttpRequest,
    ) -> Result<HttpResponse, TransportFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let bytes = request.encode(&self.address.to_string());
        let written = self.step(Step::Write, write_all(&mut stream, &bytes)).await;
        let read = self
            .within(Step::Read, read_response(&mut stream, &request.method))
            .await;
        match (written, read) {
            // A refusal that arrived while the request was still going out says more than the broken pipe.
            (
                Err(_),
                Err(TransportFailure {
                    step,
                    kind: FailureKind::Alert(alert),
                }),
            ) => Err(TransportFailure {
                step,
                kind: FailureKind::Alert(alert),
            }),
            (Err(failure), Err(_)) => Err(failure),
            (_, read) => read,
        }
    }

    async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, TransportFailure> {
        let work = async {
            work.await
                .map_err(|error| TransportFailure::from_io(step, &error))
        };
        self.within(step, work).await
    }

    async fn within<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, TransportFailure>>,
    ) -> Result<T, TransportFailure> {
        let late = |_elapsed| TransportFailure {
            step,
            kind: FailureKind::TimedOut(self.step_timeout),
        };
        timeout(self.step_timeout, work).await.map_err(late)?
    }
}

pub(crate) async fn connect(address: SocketAddr, source: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let Some(source) = source else {
        return TcpStream::connect(address).await;
    };
    let socket = if source.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.bind(SocketAddr::new(source, 0))?;
    socket.connect(address).await
}

async fn write_all<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn read_response<S>(stream: &mut S, method: &str) -> Result<HttpResponse, TransportFailure>
where
    S: AsyncRead + Unpin,
{
    let failure = |kind| TransportFailure {
        step: Step::Read,
        kind,
    };
    let mut received = Vec::new();
    loop {
        let end = read_some(stream, &mut received).await;
        let ended = matches!(end, Ok(0) | Err(_));
        match (HttpResponse::parse(&received, ended, method), end) {
            (Ok(Some(response)), _) => return Ok(response),
            (_, Err(error)) => return Err(TransportFailure::from_io(Step::Read, &error)),
            (Err(_), Ok(0)) if received.is_empty() => return Err(failure(FailureKind::Closed)),
            (Err(malformed), Ok(_)) => return Err(failure(malformed.into())),
            (Ok(None), Ok(_)) if received.len() > LONGEST_RESPONSE_BYTES => {
                return Err(failure(FailureKind::TooLong(LONGEST_RESPONSE_BYTES)));
            }
            (Ok(None), Ok(_)) => {}
        }
    }
}

async fn read_some<S: AsyncRead + Unpin>(stream: &mut S, received: &mut Vec<u8>) -> std::io::Result<usize> {
    received.reserve(16 * 1024);
    stream.read_buf(received).await
}

/// What such a client needs to be, for those that speak more than one request or another protocol over it.
///
/// # Errors
/// When the PEM documents or the key do not parse.
pub fn client_config(options: &TlsOptions<'_>) -> Result<ClientConfig, TlsSetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = SpiffeServerVerifier {
        roots: roots(options.trust_bundle_pem)?,
        spiffe_id: options.server_spiffe_id.to_owned(),
        provider: Arc::clone(&provider),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match options.certificate {
        ClientCertificate::Absent => Ok(builder.with_no_client_auth()),
        ClientCertificate::Presented {
            certificate_pem,
            private_key_pem,
        } => {
            let key = PrivateKeyDer::from_pem_slice(private_key_pem.as_bytes()).map_err(|source| {
                TlsSetupError::Pem {
                    what: "private key",
                    source,
                }
            })?;
            Ok(builder.with_client_auth_cert(certificates(certificate_pem)?, key)?)
        }
    }
}

fn roots(pem: &str) -> Result<RootCertStore, TlsSetupError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate)?;
    }
    Ok(store)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let pem_error = |source| TlsSetupError::Pem {
        what: "certificate",
        source,
    };
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(pem_error)?;
    if found.is_empty() {
        return Err(pem_error(rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(found)
}
