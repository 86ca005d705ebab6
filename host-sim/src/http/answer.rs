//! Sends a local reply, by what of a response is there.

use crate::http::deliver;
use crate::http::direction::Direction;
use crate::http::drive;
use crate::http::local_reply::LocalReply;
use crate::http::state::{End, HttpState};
use crate::vm::Vm;
use crate::vm::trap::Trap;

/// How a reply can still go out.
enum Way {
    /// There is no response yet: it passes the plugin.
    PastPlugin,
    /// A response is on its way through the plugin: the reply takes its place.
    Direct,
    /// The response's headers have gone out: the stream is reset.
    Reset,
    /// A whole response has gone out.
    TooLate,
}

/// Answers in the application's place, as Envoy does; the details of the last reply are those that are logged.
pub(crate) fn reply(vm: &mut Vm, id: u32, reply: LocalReply) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    abort_running(http);
    http.details = Some(reply.details.clone());
    if let Some(first) = &mut http.local_reply {
        first.details.clone_from(&reply.details);
    }
    match way(http) {
        // In a callback of the request the first reply waits until everything asked for there is done.
        Way::PastPlugin if http.request.running => {
            http.prepared.get_or_insert(reply);
            Ok(())
        }
        Way::PastPlugin => past_plugin(vm, id, reply),
        Way::Direct => {
            direct(http, reply);
            Ok(())
        }
        Way::Reset => drive::end(vm, id, End::Closed),
        Way::TooLate => Ok(()),
    }
}

/// Sends the reply that waits, under the details of the last.
pub(crate) fn send_prepared(vm: &mut Vm, id: u32) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let Some(mut reply) = http.prepared.take() else {
        return Ok(());
    };
    if let Some(details) = &http.details {
        reply.details.clone_from(details);
    }
    past_plugin(vm, id, reply)
}

const fn abort_running(http: &mut HttpState) {
    if http.request.running {
        http.request.aborted = true;
    } else if http.response.running {
        http.response.aborted = true;
    }
}

const fn way(http: &HttpState) -> Way {
    let response = &http.response;
    match &response.passed.headers {
        None if response.headers.seen => Way::Direct,
        None => Way::PastPlugin,
        Some(_) if response.passed.ended => Way::TooLate,
        Some(_) => Way::Reset,
    }
}

fn past_plugin(vm: &mut Vm, id: u32, reply: LocalReply) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let request = &http.request.headers.headers;
    let (headers, end) = (reply.sent_headers(request), reply.ends_with_headers(request));
    let body = reply.body.clone();
    http.local_reply = Some(reply);
    deliver::headers(vm, id, Direction::Response, headers, end)?;
    if end {
        return Ok(());
    }
    deliver::body(vm, id, Direction::Response, &body, true)
}

fn direct(http: &mut HttpState, reply: LocalReply) {
    let request = &http.request.headers.headers;
    let (headers, end) = (reply.sent_headers(request), reply.ends_with_headers(request));
    let response = &mut http.response;
    response.headers.headers = headers.clone();
    response.passed.headers = Some(headers);
    response.passed.body = if end { Vec::new() } else { reply.body.clone() };
    response.passed.ended = true;
    response.ended = true;
    http.local_reply = Some(reply);
}
