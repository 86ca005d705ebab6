//! HTTP calls to other upstreams.

use std::time::Duration;

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::Status;
use crate::calls::clusters::Reach;
use crate::calls::http::{self, HttpCall};
use crate::calls::ids::CallKind;
use crate::headers::Headers;
use crate::vm::memory::{Guest, Refusal, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(ENV, "proxy_http_call", http_call)?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the ABI's own parameter list")]
fn http_call(
    caller: Caller<'_, State>,
    upstream: u32,
    upstream_size: u32,
    headers: u32,
    headers_size: u32,
    body: u32,
    body_size: u32,
    trailers: u32,
    trailers_size: u32,
    timeout: u32,
    call_id: u32,
) -> wasmtime::Result<u32> {
    let given = Given {
        upstream: Span::new(upstream, upstream_size),
        headers: Span::new(headers, headers_size),
        body: Span::new(body, body_size),
        trailers: Span::new(trailers, trailers_size),
        timeout,
        call_id,
    };
    let numbers = [("timeout", timeout.into())];
    answer(caller, "proxy_http_call", &numbers, |guest| call(guest, &given))
}

/// The arguments, not read yet.
struct Given {
    upstream: Span,
    headers: Span,
    body: Span,
    trailers: Span,
    timeout: u32,
    call_id: u32,
}

/// The number's place is written before anything is sent, and stays 0 where nothing was, as in Envoy.
fn call(guest: &mut Guest<'_>, given: &Given) -> Answer {
    let upstream = guest.read("upstream", given.upstream)?;
    let body = guest.read("body", given.body)?;
    let headers = guest.read_pairs("headers", given.headers)?;
    let trailers = guest.read_pairs("trailers", given.trailers)?;
    guest.write_silently(given.call_id, &[0; 4])?;
    let timeout = timeout(given.timeout)?;
    let cluster = cluster(guest, &upstream)?;
    let headers = http::request_headers(headers, &body).ok_or(Status::BadArgument)?;
    let state = guest.state();
    let id = state.calls.new_id(CallKind::Http);
    let context = state.root();
    let call = HttpCall {
        id,
        context,
        cluster: sent_to(cluster)?,
        headers,
        body,
        trailers: Headers::from_iter(trailers),
        timeout,
    };
    state.calls.begin_http(call);
    guest.write_u32("call_id", given.call_id, id)
}

/// The number is a signed one in Envoy; none may be below 0, and 0 waits for ever.
fn timeout(milliseconds: u32) -> Result<Option<Duration>, Status> {
    i32::try_from(milliseconds).map_err(|_| Status::BadArgument)?;
    let timeout = Duration::from_millis(milliseconds.into());
    Ok((!timeout.is_zero()).then_some(timeout))
}

fn cluster(guest: &mut Guest<'_>, name: &[u8]) -> Result<(String, Reach), Refusal> {
    let known = guest.state().calls.clusters.find(name);
    let (name, reach) = known.ok_or(Status::BadArgument)?;
    Ok((name.to_owned(), reach))
}

fn sent_to((cluster, reach): (String, Reach)) -> Result<String, Status> {
    match reach {
        Reach::Answers => Ok(cluster),
        Reach::NoHost => Err(Status::InternalFailure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_signed_number_of_milliseconds() {
        assert_eq!(timeout(0), Ok(None));
        assert_eq!(timeout(1_500), Ok(Some(Duration::from_millis(1_500))));
        let longest = Duration::from_millis(0x7fff_ffff);
        assert_eq!(timeout(0x7fff_ffff), Ok(Some(longest)));
        assert_eq!(timeout(0x8000_0000), Err(Status::BadArgument));
        assert_eq!(timeout(u32::MAX), Err(Status::BadArgument));
    }
}
