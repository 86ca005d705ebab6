//! One script in Envoy: what is done to it.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::parity::endpoint::{Backstage, Command, Endpoint};
use crate::parity::headers;
use crate::parity::on_envoy::run::{Open, Run};
use crate::parity::script::{Protocol, Transport};
use crate::parity::step::{Bytes, CallAnswer, GrpcAnswered, Request, Step};
use crate::parity::{grpc, h1, h2, tcp, tls, wire};

impl Run<'_> {
    pub(super) async fn take(&mut self, step: &Step) -> Result<(), String> {
        self.last = step.stream().map(str::to_owned).or(self.last.take());
        match step {
            Step::Request(request) => self.request(request).await,
            Step::Connect(on) => self.open(&on.stream).await,
            Step::RequestBody(part) => self.body(part, Self::to_upstream).await,
            Step::RequestTrailers(trailers) => {
                let pairs = headers::pairs(&trailers.headers)?;
                self.to_upstream(&trailers.stream, Command::Trailers(pairs))
            }
            Step::ClientReset(on) => self.to_upstream(&on.stream, Command::Break),
            Step::Response(response) => {
                let pairs = headers::response(response.status, &response.headers)?;
                let end = response.end;
                self.to_client(&response.stream, Command::Headers { pairs, end })
            }
            Step::ResponseBody(part) => self.body(part, Self::to_client).await,
            Step::ResponseTrailers(trailers) => {
                let pairs = headers::pairs(&trailers.headers)?;
                self.to_client(&trailers.stream, Command::Trailers(pairs))
            }
            Step::UpstreamReset(on) => self.to_client(&on.stream, Command::Break),
            // Envoy's timer goes off by itself, and what came of it is waited for.
            Step::Tick(_) | Step::Advance(_) => Ok(()),
            Step::CallAnswer(answer) => self.answer_call(answer),
            Step::CallFailure(_) => self.unanswered_call().map(|call| call.tell(Command::Break)),
            Step::GrpcAnswer(answer) => self.answer_grpc_call(answer),
            Step::GrpcMetadata(_) | Step::GrpcMessage(_) | Step::GrpcClose(_) => self.grpc(step),
        }
    }

    fn answer_grpc_call(&mut self, answer: &GrpcAnswered) -> Result<(), String> {
        let call = self.unanswered_call()?;
        call.tell(grpc::metadata(&[])?);
        if let Some(message) = &answer.message {
            call.tell(grpc::message(&headers::unescape(message)));
        }
        call.tell(grpc::close(answer.status, &answer.text));
        Ok(())
    }

    /// Something comes in on the oldest stream that is not closed.
    fn grpc(&mut self, step: &Step) -> Result<(), String> {
        let command = match step {
            Step::GrpcMetadata(metadata) => grpc::metadata(&metadata.headers)?,
            Step::GrpcMessage(message) => grpc::message(&message.meant()),
            Step::GrpcClose(close) => {
                self.unanswered_call()?
                    .tell(grpc::close(close.status, &close.text));
                return Ok(());
            }
            other => return Err(format!("{other:?} is nothing of gRPC")),
        };
        let call = self
            .calls
            .iter()
            .find(|call| !call.answered)
            .ok_or("there is no gRPC stream")?;
        call.upstream.tell(command);
        Ok(())
    }

    /// Each part has arrived before the next is sent: Envoy would take them for one.
    async fn body(
        &mut self,
        part: &Bytes,
        send: impl Fn(&Self, &str, Command) -> Result<(), String>,
    ) -> Result<(), String> {
        let parts = wire::parts(self.script.protocol, part);
        let last = parts.len().saturating_sub(1);
        for (place, (bytes, end)) in parts.into_iter().enumerate() {
            send(self, &part.stream, Command::Body { bytes, end })?;
            if place < last {
                self.barrier().await?;
                self.barrier().await?;
            }
        }
        Ok(())
    }

    async fn request(&mut self, request: &Request) -> Result<(), String> {
        let mut pairs = headers::request(&request.line, &request.headers)?;
        let scheme = wire::scheme(self.script.transport);
        pairs.push((":scheme".to_owned(), scheme.as_bytes().to_vec()));
        self.open(&request.stream).await?;
        let end = request.end;
        self.to_upstream(&request.stream, Command::Headers { pairs, end })
    }

    async fn open(&mut self, name: &str) -> Result<(), String> {
        let stream = TcpStream::connect(self.listen)
            .await
            .map_err(|error| error.to_string())?;
        let _slower = stream.set_nodelay(true);
        let port = stream.local_addr().map_err(|error| error.to_string())?.port();
        let (client, backstage) = Endpoint::new();
        match self.script.transport {
            Transport::Plaintext => carry(self.script.protocol, stream, backstage),
            Transport::Mtls => carry(self.script.protocol, tls::connect(stream).await?, backstage),
        }
        self.streams.push(Open {
            name: name.to_owned(),
            port,
            client,
            upstream: None,
        });
        Ok(())
    }

    fn to_upstream(&self, stream: &str, command: Command) -> Result<(), String> {
        self.stream(stream).map(|open| open.client.tell(command))
    }

    /// Where no request arrived there is nobody who could answer.
    fn to_client(&self, stream: &str, command: Command) -> Result<(), String> {
        let open = self.stream(stream)?;
        if let Some(upstream) = &open.upstream {
            upstream.tell(command);
        }
        Ok(())
    }

    fn stream(&self, name: &str) -> Result<&Open, String> {
        let found = self.streams.iter().find(|open| open.name == name);
        found.ok_or_else(|| format!("there is no stream `{name}`"))
    }

    fn unanswered_call(&mut self) -> Result<Endpoint, String> {
        let call = self.calls.iter_mut().find(|call| !call.answered);
        let call = call.ok_or("there is no call to answer")?;
        call.answered = true;
        Ok(call.upstream.clone())
    }

    fn answer_call(&mut self, answer: &CallAnswer) -> Result<(), String> {
        let call = self.unanswered_call()?;
        let (body, trailers) = (!answer.body.is_empty(), !answer.trailers.is_empty());
        let pairs = headers::response(answer.status, &answer.headers)?;
        call.tell(Command::Headers {
            pairs,
            end: !body && !trailers,
        });
        if body {
            let bytes = headers::unescape(&answer.body);
            call.tell(Command::Body {
                bytes,
                end: !trailers,
            });
        }
        if trailers {
            call.tell(Command::Trailers(headers::pairs(&answer.trailers)?));
        }
        Ok(())
    }
}

fn carry(
    protocol: Protocol,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    backstage: Backstage,
) {
    match protocol {
        Protocol::Http1 => drop(tokio::spawn(h1::client(stream, backstage))),
        Protocol::Http2 => drop(tokio::spawn(h2::client(stream, backstage))),
        Protocol::Tcp => drop(tokio::spawn(tcp::client(stream, backstage))),
    }
}
