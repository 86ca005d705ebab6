//! What goes past the plugin: to the application, or to the client.

use crate::http::chunks::Chunk;
use crate::http::direction::Direction;
use crate::http::state::HttpState;

pub(crate) fn headers(http: &mut HttpState, direction: Direction, end: bool) {
    let flow = direction.flow(http);
    flow.passed.headers = Some(flow.headers.headers.clone());
    flow.passed.ended |= end;
}

pub(crate) fn bytes(http: &mut HttpState, direction: Direction, chunk: Chunk) {
    let flow = direction.flow(http);
    let mut bytes = flow.body.take(chunk.source);
    flow.passed.body.append(&mut bytes);
    flow.passed.ended |= chunk.end;
}

pub(crate) fn trailers(http: &mut HttpState, direction: Direction) {
    let flow = direction.flow(http);
    flow.passed.trailers = flow.trailers.as_ref().map(|trailers| trailers.headers.clone());
    flow.passed.ended = true;
}
