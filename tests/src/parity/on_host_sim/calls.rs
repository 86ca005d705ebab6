//! The calls of a script's plugin on host-sim.

use spiffe_authz_host_sim::{
    GrpcAnswer, GrpcCall, GrpcReceived, GrpcRequest, GrpcStatus, GrpcStream, HttpAnswer, HttpCall, Plugin,
};

use crate::parity::endpoint::{End, Received};
use crate::parity::headers::{self, unescape};
use crate::parity::on_host_sim::{Side, WORKER, pairs};
use crate::parity::script::Protocol;
use crate::parity::step::{Bytes, CallAnswer, GrpcAnswered, GrpcClosed, Trailers};
use crate::parity::wire;

impl Side<'_> {
    /// Notes the calls that are there; one that is over stays as it was.
    pub(super) fn note_calls(&mut self) {
        let Some(plugin) = self.workers.worker(WORKER) else {
            return;
        };
        let http = plugin.http_calls().into_iter().map(|call| (call.id, sent(&call)));
        let calls: Vec<(u32, Received)> = http.chain(grpc(plugin)).collect();
        self.calls.extend(calls);
    }

    pub(super) fn calls_to_compare(&self) -> Vec<Received> {
        let calls = self.calls.values().filter(|_| self.script.compare_calls);
        calls.cloned().collect()
    }

    pub(super) fn answer_call(&mut self, answer: &CallAnswer) -> Result<(), String> {
        let id = self.pending_http_call()?;
        let (body, trailers) = (!answer.body.is_empty(), !answer.trailers.is_empty());
        let sent = headers::response(answer.status, &answer.headers)?;
        let mut given = HttpAnswer::new(answer.status).body(unescape(&answer.body));
        for (name, value) in wire::response(Protocol::Http1, sent, !body && !trailers, true) {
            if name != ":status" {
                given = given.header(name, value);
            }
        }
        let (name, value) = wire::SERVICE_TIME;
        given = given.header(name, value);
        for (name, value) in headers::pairs(&answer.trailers)? {
            given = given.trailer(name, value);
        }
        self.on_worker(|plugin| plugin.answer_http_call(id, given))
    }

    pub(super) fn fail_call(&mut self) -> Result<(), String> {
        let id = self.pending_http_call()?;
        self.on_worker(|plugin| plugin.answer_http_call(id, broken_off()))
    }

    fn pending_http_call(&mut self) -> Result<u32, String> {
        let plugin = self.workers.worker(WORKER).ok_or("the plugin is left out")?;
        let calls = plugin.http_calls();
        calls
            .first()
            .map(|call| call.id)
            .ok_or_else(|| "there is no call to answer".to_owned())
    }

    pub(super) fn answer_grpc_call(&mut self, answer: &GrpcAnswered) -> Result<(), String> {
        let plugin = self.workers.worker(WORKER).ok_or("the plugin is left out")?;
        let id = plugin
            .grpc_calls()
            .first()
            .map(|call| call.id)
            .ok_or("there is no gRPC call to answer")?;
        let given = match (answer.status, &answer.message) {
            (0, Some(message)) => GrpcAnswer::message(unescape(message)),
            (status, _) => GrpcAnswer::failed(grpc_status(status)?, answer.text.as_bytes()),
        };
        self.on_worker(|plugin| plugin.answer_grpc_call(id, given))
    }

    pub(super) fn grpc_metadata(&mut self, metadata: &Trailers) -> Result<(), String> {
        let metadata = headers::pairs(&metadata.headers)?;
        let fixed = [(":status", &b"200"[..]), ("content-type", b"application/grpc")];
        let own = metadata
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()));
        let all: Vec<(&str, &[u8])> = fixed.into_iter().chain(own).collect();
        self.receive_grpc(GrpcReceived::initial_metadata(&all))
    }

    pub(super) fn grpc_message(&mut self, message: &Bytes) -> Result<(), String> {
        self.receive_grpc(GrpcReceived::message(message.meant()))
    }

    pub(super) fn grpc_close(&mut self, close: &GrpcClosed) -> Result<(), String> {
        self.receive_grpc(GrpcReceived::closed(
            grpc_status(close.status)?,
            close.text.as_bytes(),
        ))
    }

    fn receive_grpc(&mut self, received: GrpcReceived) -> Result<(), String> {
        let plugin = self.workers.worker(WORKER).ok_or("the plugin is left out")?;
        let id = plugin
            .grpc_streams()
            .first()
            .map(|stream| stream.id)
            .ok_or("there is no gRPC stream")?;
        self.on_worker(|plugin| plugin.receive_grpc(id, received))
    }
}

/// What Envoy answers in the place of an upstream that went away before it answered.
fn broken_off() -> HttpAnswer {
    let body =
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
    HttpAnswer::new(503)
        .header("content-length", body.len().to_string())
        .header("content-type", "text/plain")
        .body(body)
}

fn grpc_status(number: u32) -> Result<GrpcStatus, String> {
    GrpcStatus::try_from(number).map_err(|_| format!("`{number}` is no gRPC status"))
}

fn sent(call: &HttpCall) -> Received {
    Received {
        headers: Some(pairs(&call.headers)),
        body: call.body.clone(),
        trailers: (!call.trailers.is_empty()).then(|| pairs(&call.trailers)),
        end: End::Complete,
    }
}

/// gRPC calls and streams as their upstream sees them: bytes with a length in front of each message.
fn grpc(plugin: &Plugin) -> Vec<(u32, Received)> {
    let calls = plugin
        .grpc_calls()
        .into_iter()
        .map(|call| (call.id, sent_call(&call)));
    let streams = plugin.grpc_streams().into_iter();
    calls
        .chain(streams.map(|stream| (stream.id, sent_stream(&stream))))
        .collect()
}

fn sent_call(call: &GrpcCall) -> Received {
    let mut received = begun(&call.request);
    if let (Some(headers), Some(timeout)) = (&mut received.headers, call.timeout) {
        let timeout = format!("{}m", timeout.as_millis());
        headers.push(("grpc-timeout".to_owned(), timeout.into_bytes()));
    }
    Received {
        body: framed(&call.message),
        end: End::Complete,
        ..received
    }
}

fn sent_stream(stream: &GrpcStream) -> Received {
    Received {
        body: stream.sent.iter().flat_map(|message| framed(message)).collect(),
        end: if stream.ended { End::Complete } else { End::Open },
        ..begun(&stream.request)
    }
}

fn begun(request: &GrpcRequest) -> Received {
    let text = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let fixed = vec![
        text(":method", "POST"),
        text(":path", &request.path()),
        text(":authority", "grpc"),
        text("te", "trailers"),
        text("content-type", "application/grpc"),
    ];
    Received {
        headers: Some([fixed, pairs(&request.initial_metadata)].concat()),
        ..Received::default()
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len())
        .expect("a short message")
        .to_be_bytes();
    [&[0][..], &length, message].concat()
}
