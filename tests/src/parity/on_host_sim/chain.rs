//! Two plugins behind one another in one VM on host-sim: headers and bodies of HTTP streams go through both.

use spiffe_authz_host_sim::{
    EndOfStream, LocalReply, Message, Module, Outcome, PluginSetup, Served, Stream, WorkerStream, Workers,
};

use crate::parity::endpoint::End;
use crate::parity::headers::{self, Pairs};
use crate::parity::observation::{Observation, StreamSeen};
use crate::parity::on_host_sim::connection::connection;
use crate::parity::on_host_sim::{
    self, WORKER, access_log, let_time_pass, level, metric, pairs, policy, reloads, setup,
};
use crate::parity::script::{Script, Second};
use crate::parity::step::{Request, Step};
use crate::parity::{envoy_log, wire};

/// Details of a stream that nobody answered in the upstream's place.
const UPSTREAM_ANSWERED: &str = "via_upstream";

/// What was there after the start and after each step.
///
/// # Errors
/// When host-sim cannot do what the script asks for.
pub(super) fn run(script: &Script, second: &Second, module: &Module) -> Result<Vec<Observation>, String> {
    let Some(first) = on_host_sim::start(script, module) else {
        return Ok(vec![Observation::refused()]);
    };
    let second = joined(script, second, &first)?;
    let mut side = Side {
        script,
        chain: [first, second],
        log: Vec::new(),
        has_failed: false,
        streams: Vec::new(),
    };
    let mut observations = vec![side.observation()];
    for step in &script.steps {
        let_time_pass(script, &mut side.chain[0]);
        side.take(step)?;
        observations.push(side.observation());
    }
    Ok(observations)
}

fn joined(script: &Script, second: &Second, first: &Workers) -> Result<Workers, String> {
    let setup = PluginSetup {
        root_id: second.root_id.clone(),
        plugin_configuration: second.plugin_configuration().into_bytes(),
        ..setup(script)
    };
    let mut joined = first
        .join(setup, policy(script))
        .map_err(|error| error.to_string())?;
    on_host_sim::set_reload_interval(script, &mut joined);
    Ok(joined)
}

/// The plugins of the filter chain in their order, and the streams through them.
struct Side<'s> {
    script: &'s Script,
    chain: [Workers; 2],
    log: Vec<String>,
    has_failed: bool,
    streams: Vec<Open>,
}

/// A stream, and its part in each filter.
struct Open {
    parts: Vec<WorkerStream>,
    seen: StreamSeen,
    over: bool,
    details: String,
}

/// What goes from filter to filter.
enum Piece {
    Headers(Pairs, bool),
    Body(Vec<u8>, bool),
}

/// Which way it goes.
#[derive(Clone, Copy)]
enum Way {
    Request,
    Response,
}

/// What came of a piece behind the last filter that it reached.
enum Passed {
    Through(Vec<Piece>),
    Held,
    Answered(LocalReply, Pairs),
    Broken,
}

impl Side<'_> {
    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Request(request) => self.request(request),
            Step::RequestBody(part) => {
                self.pass(&part.stream, Way::Request, Piece::Body(part.meant(), part.end))
            }
            Step::Response(response) => {
                let sent = headers::response(response.status, &response.headers)?;
                let pairs = wire::response(self.script.protocol, sent, response.end, true);
                self.pass(
                    &response.stream,
                    Way::Response,
                    Piece::Headers(pairs, response.end),
                )
            }
            Step::ResponseBody(part) => {
                self.pass(&part.stream, Way::Response, Piece::Body(part.meant(), part.end))
            }
            other => Err(format!("not for scripts with two plugins: {other:?}")),
        }
    }

    fn request(&mut self, request: &Request) -> Result<(), String> {
        let properties = connection(self.script)?.properties();
        let chain = self.chain.iter_mut();
        let parts = chain.map(|workers| workers.http_stream(WORKER, properties.clone()));
        self.streams.push(Open {
            parts: parts.collect(),
            seen: StreamSeen {
                name: request.stream.clone(),
                ..StreamSeen::default()
            },
            over: false,
            details: UPSTREAM_ANSWERED.to_owned(),
        });
        let pairs = wire::request(self.script, headers::request(&request.line, &request.headers)?);
        self.pass(&request.stream, Way::Request, Piece::Headers(pairs, request.end))
    }

    /// Takes a piece through the chain; a stream that is over gets nothing more.
    fn pass(&mut self, stream: &str, way: Way, piece: Piece) -> Result<(), String> {
        let open = self.streams.iter_mut().find(|open| open.seen.name == stream);
        let open = open.ok_or_else(|| format!("there is no stream `{stream}`"))?;
        if open.over {
            return Ok(());
        }
        match through(&mut open.parts, way, piece)? {
            Passed::Through(pieces) => pieces.into_iter().for_each(|piece| open.arrived(way, piece)),
            Passed::Held => {}
            Passed::Answered(reply, headers) => open.answered(&reply, headers),
            Passed::Broken => open.broken(),
        }
        if open.over {
            open.finish(self.script);
        }
        Ok(())
    }

    fn observation(&mut self) -> Observation {
        self.drain();
        let metrics = self.chain[0]
            .worker(WORKER)
            .map(|plugin| plugin.metrics())
            .unwrap_or_default();
        let metrics = metrics
            .iter()
            .map(|(name, value)| (name.into_owned(), metric(value)));
        Observation {
            refused: false,
            log: self.log.clone(),
            streams: self.streams.iter().map(|open| open.seen.clone()).collect(),
            calls: Vec::new(),
            metrics: metrics.chain(reloads(&self.chain)).collect(),
        }
    }

    /// Takes over what the VM of the worker logged; both plugins are in it.
    fn drain(&mut self) {
        let Some(plugin) = self.chain.iter_mut().find_map(|workers| workers.worker(WORKER)) else {
            return;
        };
        let lines = plugin.take_logs();
        self.log.extend(
            lines
                .iter()
                .map(|line| envoy_log::shown(level(line.level), &line.text())),
        );
        let failure = plugin.failure();
        if let Some(trap) = failure.as_ref().filter(|_| !self.has_failed) {
            self.log.push(envoy_log::trap(trap.callback.export()));
        }
        self.has_failed = failure.is_some();
    }
}

impl Open {
    fn arrived(&mut self, way: Way, piece: Piece) {
        let received = match way {
            Way::Request => self.seen.upstream.get_or_insert_default(),
            Way::Response => &mut self.seen.client,
        };
        let ended = match piece {
            Piece::Headers(pairs, end) => {
                received.headers = Some(on_the_wire(pairs));
                end
            }
            Piece::Body(bytes, end) => {
                received.body.extend(bytes);
                end
            }
        };
        if ended {
            received.end = End::Complete;
            self.over = matches!(way, Way::Response);
        }
    }

    fn answered(&mut self, reply: &LocalReply, headers: Pairs) {
        let client = &mut self.seen.client;
        client.headers = Some(headers);
        client.body.clone_from(&reply.body);
        client.end = End::Complete;
        self.break_upstream();
        self.details = reply.details_text().into_owned();
        self.over = true;
    }

    fn broken(&mut self) {
        self.seen.client.end = End::Broken;
        self.break_upstream();
        let details = self
            .parts
            .iter_mut()
            .find_map(|part| part.stream()?.response_code_details());
        self.details = String::from_utf8_lossy(&details.unwrap_or_default()).into_owned();
        self.over = true;
    }

    /// A request that is upstream and not over ends with the stream; one whose answer is not over does too.
    fn break_upstream(&mut self) {
        if let Some(upstream) = &mut self.seen.upstream
            && upstream.end == End::Open
        {
            upstream.end = End::Broken;
        }
    }

    fn finish(&mut self, script: &Script) {
        let mut streams: Vec<&mut Stream> = self.parts.iter_mut().filter_map(WorkerStream::stream).collect();
        for stream in &mut streams {
            // A trap here is seen as the VM's failure.
            let _trap = stream.finish();
        }
        let state = |key: &str| streams.iter().find_map(|stream| stream.filter_state(key));
        self.seen.access_log = access_log(&self.details, script, state);
    }
}

/// Takes a piece from filter to filter: a request forwards, a response backwards.
fn through(parts: &mut [WorkerStream], way: Way, piece: Piece) -> Result<Passed, String> {
    let parts: Box<dyn Iterator<Item = &mut WorkerStream>> = match way {
        Way::Request => Box::new(parts.iter_mut()),
        Way::Response => Box::new(parts.iter_mut().rev()),
    };
    let mut pieces = vec![piece];
    for part in parts {
        let mut behind = Vec::new();
        for piece in pieces {
            match through_one(part, way, piece)? {
                Passed::Through(pieces) => behind.extend(pieces),
                Passed::Held => {}
                other @ (Passed::Answered(..) | Passed::Broken) => return Ok(other),
            }
        }
        if behind.is_empty() {
            return Ok(Passed::Held);
        }
        pieces = behind;
    }
    Ok(Passed::Through(pieces))
}

fn through_one(part: &mut WorkerStream, way: Way, piece: Piece) -> Result<Passed, String> {
    let before = sent(part, way);
    match part.event(|stream| happen(stream, way, &piece)) {
        Served::Continued | Served::Paused => Ok(Passed::Through(news(&before, &sent(part, way)))),
        Served::Bypassed => Ok(Passed::Through(vec![piece])),
        Served::Replied(reply) => {
            let headers = sent(part, Way::Response).headers;
            Ok(Passed::Answered(
                reply,
                headers.as_ref().map(pairs).unwrap_or_default(),
            ))
        }
        Served::Unavailable(reply) => {
            let status = (":status".to_owned(), reply.status.to_string().into_bytes());
            Ok(Passed::Answered(reply, vec![status]))
        }
        Served::Reset => Ok(Passed::Broken),
        Served::OutOfOrder => Err("a step is out of order".to_owned()),
    }
}

fn happen(stream: &mut Stream, way: Way, piece: &Piece) -> Outcome {
    match (way, piece) {
        (Way::Request, Piece::Headers(pairs, ends)) => stream.request_headers(pairs, end(*ends)),
        (Way::Request, Piece::Body(bytes, ends)) => stream.request_body(bytes, end(*ends)),
        (Way::Response, Piece::Headers(pairs, ends)) => stream.response_headers(pairs, end(*ends)),
        (Way::Response, Piece::Body(bytes, ends)) => stream.response_body(bytes, end(*ends)),
    }
}

fn sent(part: &mut WorkerStream, way: Way) -> Message {
    let message = part.stream().map(|stream| match way {
        Way::Request => stream.sent_upstream(),
        Way::Response => stream.sent_downstream(),
    });
    message.unwrap_or_default()
}

/// What went past a plugin between two looks.
fn news(before: &Message, after: &Message) -> Vec<Piece> {
    let mut news = Vec::new();
    let body = &after.body[before.body.len()..];
    let ended = after.ended && !before.ended;
    if let (None, Some(headers)) = (&before.headers, &after.headers) {
        news.push(Piece::Headers(pairs(headers), ended && body.is_empty()));
    }
    if !body.is_empty() || (ended && before.headers.is_some()) {
        news.push(Piece::Body(body.to_vec(), ended));
    }
    news
}

/// A request's scheme is no header on the wire.
fn on_the_wire(pairs: Pairs) -> Pairs {
    pairs.into_iter().filter(|(name, _)| name != ":scheme").collect()
}

fn end(end: bool) -> EndOfStream {
    if end { EndOfStream::Yes } else { EndOfStream::No }
}
