//! Envoy's own answer where a plugin gathers a body that is larger than a stream may hold.

use crate::headers::Headers;
use crate::http::answer;
use crate::http::direction::Direction;
use crate::http::drive;
use crate::http::local_reply::LocalReply;
use crate::vm::Vm;
use crate::vm::trap::Trap;

/// Answers if more is held of this direction than may be, once; a plugin that holds without gathering has no such limit, as
/// Envoy then reads no more from the peer.
pub(crate) fn answer(vm: &mut Vm, id: u32, direction: Direction) -> Result<(), Trap> {
    let limit = vm.state().limits.gathered_body_bytes;
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    let too_large = flow.limited && !flow.too_large && flow.body.held_bytes() > limit;
    if !too_large {
        return Ok(());
    }
    flow.too_large = true;
    answer::reply(vm, id, reply(direction))
}

fn reply(direction: Direction) -> LocalReply {
    let (status, details, body) = match direction {
        Direction::Request => (413, "request_payload_too_large", "Payload Too Large"),
        Direction::Response => (500, "response_payload_too_large", "Internal Server Error"),
    };
    LocalReply {
        status,
        details: details.into(),
        body: body.into(),
        headers: Headers::new(),
        grpc_status: None,
    }
}
