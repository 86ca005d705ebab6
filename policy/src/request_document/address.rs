//! `source` and `destination` of a request document.

use core::net::IpAddr;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, wrong_kind};
use crate::config::values::text;

/// Where the connection comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Source {
    /// The direct peer address.
    pub(crate) ip: Option<IpAddr>,
    /// The client's address as the proxy worked it out.
    pub(crate) remote_ip: Option<IpAddr>,
}

/// The local end of the connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Destination {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) port: Option<u16>,
}

impl Source {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let source = Self {
            ip: fields.optional("ip", problems, read_ip),
            remote_ip: fields.optional("remoteIp", problems, read_ip),
        };
        fields.finish(problems);
        Some(source)
    }
}

impl Destination {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let destination = Self {
            ip: fields.optional("ip", problems, read_ip),
            port: fields.optional("port", problems, read_port),
        };
        fields.finish(problems);
        Some(destination)
    }
}

fn read_ip(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<IpAddr> {
    let address = text(document, at, problems)?;
    let ip = address.parse().ok();
    if ip.is_none() {
        problems.invalid(at, &address, "an IP address");
    }
    ip
}

fn read_port(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<u16> {
    let Document::Number(number) = document else {
        wrong_kind(document, at, "a number", problems);
        return None;
    };
    let port = number.parse().ok();
    if port.is_none() {
        problems.invalid(at, number, "a port: a number from 0 to 65535");
    }
    port
}
