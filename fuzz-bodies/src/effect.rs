//! What the engine decides, without who decided it.

use spiffe_authz_policy::{Attribute, Decision, Peer, PeerCertificate, PolicySet, Request, Validation};

pub(crate) fn allows(set: &PolicySet, request: &Request<'_>) -> bool {
    matches!(set.decide(request), Decision::Allow(_))
}

/// How many attributes [`lose`] can take away.
pub(crate) const LOSSES: usize = 15;

/// The request with one attribute that the proxy fails to tell.
pub(crate) fn lose<'r>(request: &Request<'r>, lost: usize) -> Request<'r> {
    let mut request = request.clone();
    match lost {
        0 => request.peer = Peer::Unreadable,
        1 => request.destination_port = Attribute::Unreadable,
        2 => request.method = Attribute::Unreadable,
        3 => request.host = Attribute::Unreadable,
        4 => request.path = Attribute::Unreadable,
        5 => request.headers = Attribute::Unreadable,
        6 => request.source_ip = Attribute::Unreadable,
        7 => request.remote_ip = Attribute::Unreadable,
        8 => request.destination_ip = Attribute::Unreadable,
        9 => request.sni = Attribute::Unreadable,
        10 => request.metadata = Attribute::Unreadable,
        11 => request.time = Attribute::Unreadable,
        12 => change_certificate(&mut request, |certificate| {
            certificate.leaf = Attribute::Unreadable
        }),
        13 => change_certificate(&mut request, |certificate| {
            certificate.digest = Attribute::Unreadable
        }),
        _ => change_certificate(&mut request, |certificate| {
            certificate.validation = Validation::Unreadable
        }),
    }
    request
}

fn change_certificate(request: &mut Request<'_>, change: impl FnOnce(&mut PeerCertificate<'_>)) {
    if let Peer::Certificate(certificate) = &mut request.peer {
        change(certificate);
    }
}
