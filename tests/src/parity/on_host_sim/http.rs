//! The HTTP streams of a script on host-sim.

use spiffe_authz_host_sim::{
    EndOfStream, LocalReply, Message, Outcome, Progress, Served, Stream, WorkerStream,
};

use crate::parity::endpoint::{End, Received};
use crate::parity::headers::{self, Pairs, value};
use crate::parity::observation::{CLIENT_WENT, StreamSeen};
use crate::parity::on_host_sim::connection::{connection, spoken};
use crate::parity::on_host_sim::{Open, Side, WORKER, access_log, pairs};
use crate::parity::script::{Protocol, Script};
use crate::parity::step::{Request, Response};
use crate::parity::wire;

/// A stream and what its peers got beside what the plugin let pass.
pub(super) struct OpenHttp {
    name: String,
    protocol: Protocol,
    method: Vec<u8>,
    stream: WorkerStream,
    life: Life,
    /// What passed without the plugin.
    beside: StreamSeen,
}

/// How a stream stands.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Life {
    Open,
    /// Over, with these details.
    Over(String),
}

impl Side<'_> {
    pub(super) fn open_http(&mut self, request: &Request) -> Result<(), String> {
        let sent = headers::request(&request.line, &request.headers)?;
        let method = value(&sent, ":method").unwrap_or_default().to_vec();
        let protocol = self.script.protocol;
        let properties = connection(self.script)?
            .with_protocol(spoken(protocol))
            .properties();
        let mut open = OpenHttp {
            name: request.stream.clone(),
            protocol,
            method,
            stream: self.workers.http_stream(WORKER, properties),
            life: Life::Open,
            beside: StreamSeen::default(),
        };
        let pairs = wire::request(self.script, sent);
        let passed = Part::Headers(pairs.clone(), request.end);
        open.event(passed, Direction::Request, |stream| {
            stream.request_headers(&pairs, end(request.end))
        })?;
        self.streams.push(Open::Http(Box::new(open)));
        Ok(())
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Direction {
    Request,
    Response,
}

/// What is on its way.
#[derive(Clone)]
enum Part {
    Headers(Pairs, bool),
    Body(Vec<u8>, bool),
    Trailers(Pairs),
}

impl OpenHttp {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn request_body(&mut self, bytes: &[u8], ends: bool) -> Result<(), String> {
        let part = Part::Body(bytes.to_vec(), ends);
        self.event(part, Direction::Request, |stream| {
            stream.request_body(bytes, end(ends))
        })
    }

    pub(super) fn response_body(&mut self, bytes: &[u8], ends: bool) -> Result<(), String> {
        let part = Part::Body(bytes.to_vec(), ends);
        self.event(part, Direction::Response, |stream| {
            stream.response_body(bytes, end(ends))
        })
    }

    pub(super) fn request_trailers(&mut self, trailers: &[String]) -> Result<(), String> {
        let trailers = headers::pairs(trailers)?;
        let part = Part::Trailers(trailers.clone());
        self.event(part, Direction::Request, |stream| {
            stream.request_trailers(&trailers)
        })
    }

    pub(super) fn response_trailers(&mut self, trailers: &[String]) -> Result<(), String> {
        let trailers = headers::pairs(trailers)?;
        let part = Part::Trailers(trailers.clone());
        self.event(part, Direction::Response, |stream| {
            stream.response_trailers(&trailers)
        })
    }

    pub(super) fn response(&mut self, response: &Response) -> Result<(), String> {
        let sent = headers::response(response.status, &response.headers)?;
        let has_body = self.method != b"HEAD" && ![204, 304].contains(&response.status);
        let pairs = wire::response(self.protocol, sent, response.end, has_body);
        let part = Part::Headers(pairs.clone(), response.end);
        self.event(part, Direction::Response, |stream| {
            stream.response_headers(&pairs, end(response.end))
        })
    }

    pub(super) fn client_reset(&mut self) -> Result<(), String> {
        if let Some(stream) = self.stream.stream() {
            let _outcome = stream.reset();
        }
        if self.life == Life::Open {
            self.life = Life::Over(CLIENT_WENT.to_owned());
        }
        Ok(())
    }

    /// Envoy ends a response that has begun and cannot be completed.
    pub(super) fn upstream_reset(&mut self) -> Result<(), String> {
        let begun = self
            .stream
            .stream()
            .is_some_and(|stream| stream.sent_downstream().headers.is_some());
        if !begun {
            return Err("Envoy would answer in the upstream's place: the script must say what".to_owned());
        }
        if let Some(stream) = self.stream.stream() {
            let _outcome = stream.reset();
        }
        self.life = Life::Over("upstream_reset_after_response_started{remote_reset}".to_owned());
        Ok(())
    }

    fn event(
        &mut self,
        part: Part,
        direction: Direction,
        event: impl FnOnce(&mut Stream) -> Outcome,
    ) -> Result<(), String> {
        match self.stream.event(event) {
            Served::Continued | Served::Paused | Served::Replied(_) => {}
            // The client of a real proxy may still send: nobody listens.
            Served::OutOfOrder => {}
            Served::Unavailable(reply) => self.unavailable(&reply),
            Served::Reset => {
                let details = self
                    .stream
                    .stream()
                    .and_then(|stream| stream.response_code_details());
                self.life = Life::Over(text(details.unwrap_or_default()));
            }
            Served::Bypassed => self.pass(part, direction),
        }
        Ok(())
    }

    fn unavailable(&mut self, reply: &LocalReply) {
        self.beside.client = Received {
            headers: Some(vec![(
                ":status".to_owned(),
                reply.status.to_string().into_bytes(),
            )]),
            end: End::Complete,
            ..Received::default()
        };
        self.life = Life::Over(reply.details_text().into_owned());
    }

    fn pass(&mut self, part: Part, direction: Direction) {
        let to = match direction {
            Direction::Request => self.beside.upstream.get_or_insert_default(),
            Direction::Response => &mut self.beside.client,
        };
        let end = match part {
            Part::Headers(pairs, end) => {
                to.headers = Some(pairs.into_iter().filter(|(name, _)| name != ":scheme").collect());
                end
            }
            Part::Body(bytes, end) => {
                to.body.extend(bytes);
                end
            }
            Part::Trailers(pairs) => {
                to.trailers = Some(pairs);
                true
            }
        };
        to.end = if end { End::Complete } else { End::Open };
    }

    /// A stream is over when its response is.
    pub(super) fn end_if_complete(&mut self) {
        if self.life != Life::Open {
            return;
        }
        let beside = self.beside.client.end == End::Complete;
        let Some(stream) = self.stream.stream() else {
            if beside {
                self.life = Life::Over("via_upstream".to_owned());
            }
            return;
        };
        if stream.request() == Progress::Closed {
            let details = stream.response_code_details().map(text);
            self.life = Life::Over(details.unwrap_or_default());
        } else if stream.sent_downstream().ended || beside {
            let _trap = stream.finish();
            let details = stream.response_code_details().map(text);
            self.life = Life::Over(details.unwrap_or_else(|| "via_upstream".to_owned()));
        }
    }

    pub(super) fn seen(&mut self, script: &Script) -> StreamSeen {
        let is_over = self.life != Life::Open;
        let mut seen = StreamSeen {
            name: self.name.clone(),
            ..self.beside.clone()
        };
        if let Some(stream) = self.stream.stream() {
            if seen.client == Received::default() {
                seen.client = received(&stream.sent_downstream(), is_over);
            }
            let upstream = stream.sent_upstream();
            if upstream.headers.is_some() {
                seen.upstream = Some(received(&upstream, is_over));
            }
        }
        if let Life::Over(details) = &self.life {
            let stream = self.stream.stream();
            seen.access_log = access_log(details, script, |key| stream.as_ref()?.filter_state(key));
            // The one who goes away sees nothing more.
            if details == CLIENT_WENT || seen.client.end == End::Open {
                seen.client.end = End::Broken;
            }
        }
        seen
    }
}

/// What a peer got; a stream that is over before its end is broken.
fn received(message: &Message, is_over: bool) -> Received {
    let regular = |headers| {
        pairs(headers)
            .into_iter()
            .filter(|(name, _)| name != ":scheme")
            .collect()
    };
    Received {
        headers: message.headers.as_ref().map(regular),
        body: message.body.clone(),
        trailers: message.trailers.as_ref().map(pairs),
        end: match (message.ended, is_over) {
            (true, _) => End::Complete,
            (false, true) => End::Broken,
            (false, false) => End::Open,
        },
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn end(end: bool) -> EndOfStream {
    if end { EndOfStream::Yes } else { EndOfStream::No }
}
