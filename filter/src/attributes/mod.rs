//! What the host says about one request or connection, read once and lent to the engine.
//!
//! What the host fails to say, or says in another form than Envoy's, is unreadable and never absent.

mod address;
mod channel;
mod clock;
mod connection;
mod connections;
mod headers;
mod leaf;
mod metadata;
mod peer;
mod reading;

use std::rc::Rc;

use spiffe_authz_policy::{Attribute, Headers, Protocol, Request};

use crate::attributes::channel::Channel;
use crate::attributes::connection::Connection;
use crate::attributes::headers::{HeaderList, Spare};
use crate::certificates::Certificates;
use crate::host::Host;
use crate::in_force::InForce;

pub(crate) use crate::attributes::address::local_port;
pub(crate) use crate::attributes::channel::{Meeting, tls_version};
pub(crate) use crate::attributes::connections::Connections;

/// Calls `use_it` with the HTTP request that the host has in hand, as policies see it, and with whether it is the first that
/// is known of its connection.
pub(crate) fn with_request<R>(
    host: &impl Host,
    kept: &Kept,
    in_force: Option<&InForce>,
    use_it: impl FnOnce(&Request<'_>, Meeting) -> R,
) -> R {
    let given = host.request_headers();
    let headers = HeaderList::parse(&given, &kept.spare);
    let channel = Channel::of_request(host, &kept.certificates, in_force);
    let meeting = channel.meet();
    let done = Connection::on(channel, host, in_force).lend(Protocol::Http, |connection| {
        let request = Request {
            method: headers.method,
            host: headers.authority,
            path: headers.path,
            headers: headers.all(),
            ..connection
        };
        use_it(&request, meeting)
    });
    headers.leave_to(&kept.spare);
    done
}

/// What is kept from one request to the next, under whatever configuration.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) certificates: Certificates,
    spare: Spare,
}

/// Calls `use_it` with the trailers of the HTTP request that the host has in hand; they are there, so a host that has none
/// cannot be believed.
pub(crate) fn with_trailers<R>(host: &impl Host, use_it: impl FnOnce(Attribute<Headers<'_>>) -> R) -> R {
    let given = host.request_trailers();
    use_it(HeaderList::parse(&given, &Spare::default()).all())
}

/// Calls `use_it` with the TCP connection that the host has in hand, as policies see it; it is always the first time.
pub(crate) fn with_connection<R>(
    host: &impl Host,
    kept: &Kept,
    in_force: Option<&InForce>,
    use_it: impl FnOnce(&Request<'_>, Meeting) -> R,
) -> R {
    let channel = Rc::new(Channel::read(host, &kept.certificates, in_force));
    Connection::on(channel, host, in_force)
        .lend(Protocol::Tcp, |connection| use_it(&connection, Meeting::First))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;
    use spiffe_authz_policy::Peer;

    #[test]
    fn an_http_request_has_its_headers_beside_what_is_known_of_the_connection() {
        let host = FakeHost::new();
        host.set_peer(None);
        host.set_headers(&[(b":method", b"GET"), (b":path", b"/\xff?x"), (b"x-a", b"1")]);
        with_request(&host, &Kept::default(), None, |request, _| {
            assert_eq!(request.protocol, Protocol::Http);
            assert_eq!(request.peer, Peer::Plaintext);
            assert_eq!(request.method, Attribute::Known(&b"GET"[..]));
            assert_eq!(request.host, Attribute::Absent);
            assert_eq!(request.path, Attribute::Known(&b"/\xff?x"[..]));
            assert_eq!(request.headers.known().unwrap().len(), 3);
        });
    }

    #[test]
    fn without_a_readable_header_list_everything_of_it_is_unreadable() {
        let host = FakeHost::new();
        host.set_headers_reading(Err(HostError::Status(10)));
        with_request(&host, &Kept::default(), None, |request, _| {
            for attribute in [request.method, request.host, request.path] {
                assert_eq!(attribute, Attribute::Unreadable);
            }
            assert_eq!(request.headers, Attribute::Unreadable);
        });
    }

    #[test]
    fn a_tcp_connection_has_no_headers_and_is_not_asked_for_them() {
        let host = FakeHost::new();
        host.set_peer(None);
        host.set_headers(&[(b":method", b"GET")]);
        with_connection(&host, &Kept::default(), None, |connection, _| {
            assert_eq!(connection.protocol, Protocol::Tcp);
            assert_eq!(connection.peer, Peer::Plaintext);
            assert_eq!(connection.headers, Attribute::Absent);
            assert_eq!(connection.method, Attribute::Absent);
        });
    }
}
