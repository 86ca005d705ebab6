//! The services of xDS as tonic serves them: which method is which variant of the protocol.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::discovery::answers::Answers;
use crate::discovery::messages::{DiscoveryRequest, DiscoveryResponse};
use crate::discovery::shelf::Shelf;
use crate::discovery::stream::{Delta, Names, Said, Sent, StateOfTheWorld, Variant, serve};

/// How many responses may wait in a stream.
const WAITING: usize = 4;

/// `envoy.service.extension.v3.ExtensionConfigDiscoveryService`: ECDS.
#[derive(Clone, Copy, Debug)]
pub struct ExtensionConfigs;
/// `envoy.service.secret.v3.SecretDiscoveryService`: SDS.
#[derive(Clone, Copy, Debug)]
pub struct Secrets;

impl NamedService for Served<ExtensionConfigs> {
    const NAME: &'static str = "envoy.service.extension.v3.ExtensionConfigDiscoveryService";
}

impl NamedService for Served<Secrets> {
    const NAME: &'static str = "envoy.service.secret.v3.SecretDiscoveryService";
}

/// One service, which serves one shelf.
#[derive(Debug)]
pub struct Served<N> {
    shelf: Shelf,
    answers: Answers,
    named: PhantomData<fn() -> N>,
}

impl<N> Clone for Served<N> {
    fn clone(&self) -> Self {
        Self::new(self.shelf.clone(), self.answers.clone())
    }
}

impl<N> Served<N> {
    /// Serves what lies there.
    #[must_use]
    pub fn new(shelf: Shelf, answers: Answers) -> Self {
        Self {
            shelf,
            answers,
            named: PhantomData,
        }
    }

    async fn call(self, request: http::Request<Body>) -> http::Response<Body> {
        let method = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let method = method.as_str();
        let streamed = |kind: &str| method.strip_prefix(kind).is_some();
        if streamed("Stream") {
            self.stream::<StateOfTheWorld>(request).await
        } else if streamed("Delta") {
            self.stream::<Delta>(request).await
        } else if streamed("Fetch") {
            let fetched = Fetched(self.shelf);
            Grpc::new(ProstCodec::default()).unary(fetched, request).await
        } else {
            Status::unimplemented(method.to_owned()).into_http()
        }
    }

    async fn stream<V: Variant>(self, request: http::Request<Body>) -> http::Response<Body>
    where
        V::Request: prost::Message + Default,
        V::Response: prost::Message + Default,
    {
        let opened = Opened::<V> {
            shelf: self.shelf,
            answers: self.answers,
            variant: PhantomData,
        };
        Grpc::new(ProstCodec::default()).streaming(opened, request).await
    }
}

impl<N: 'static> Service<http::Request<Body>> for Served<N> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let served = self.clone();
        Box::pin(async move { Ok(served.call(request).await) })
    }
}

/// A stream that an Envoy opened.
struct Opened<V> {
    shelf: Shelf,
    answers: Answers,
    variant: PhantomData<fn() -> V>,
}

impl<V: Variant> StreamingService<V::Request> for Opened<V> {
    type Response = V::Response;
    type ResponseStream = ReceiverStream<Result<V::Response, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<V::Request>>) -> Self::Future {
        let (responses, receiver) = mpsc::channel(WAITING);
        let work = serve::<V>(
            request.into_inner(),
            self.shelf.clone(),
            self.answers.clone(),
            responses,
        );
        tokio::spawn(work);
        ready(Ok(Response::new(ReceiverStream::new(receiver))))
    }
}

/// One answer without a stream.
struct Fetched(Shelf);

impl UnaryService<DiscoveryRequest> for Fetched {
    type Response = DiscoveryResponse;
    type Future = Pin<Box<dyn Future<Output = Result<Response<DiscoveryResponse>, Status>> + Send>>;

    fn call(&mut self, request: Request<DiscoveryRequest>) -> Self::Future {
        let fetched = fetched(&self.0, request.into_inner());
        Box::pin(ready(Ok(Response::new(fetched))))
    }
}

fn fetched(shelf: &Shelf, request: DiscoveryRequest) -> DiscoveryResponse {
    let Said { type_url, names, .. } = StateOfTheWorld::said(request);
    let Names::These(names) = names else {
        return DiscoveryResponse::default();
    };
    let contents = shelf.follow().borrow().clone();
    let asked = contents
        .resources
        .into_iter()
        .filter(|(name, _)| names.contains(name));
    let sent = asked.map(|(name, (version, message))| Sent {
        name,
        version,
        message: message.as_ref().clone(),
    });
    StateOfTheWorld::response(&type_url, contents.version, sent.collect())
}
