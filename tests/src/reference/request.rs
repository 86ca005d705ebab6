//! What the request document says. An absent field is an absent attribute.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::configuration::View;
use super::documents::{bytes, field, port_field, text_field};

/// Bytes of the request document.
pub(super) type Bytes<'d> = Cow<'d, [u8]>;

impl<'d> View<'d> {
    pub(super) fn is_tcp(&self) -> Result<bool, String> {
        match text_field(self.request, "protocol")? {
            None | Some("http" | "grpc") => Ok(false),
            Some("tcp") => Ok(true),
            Some(other) => Err(format!("no protocol: `{other}`")),
        }
    }

    fn bytes_field(&self, name: &str) -> Result<Option<Bytes<'d>>, String> {
        field(self.request, name).map(bytes).transpose()
    }

    pub(super) fn method(&self) -> Result<Option<Bytes<'d>>, String> {
        self.bytes_field("method")
    }

    pub(super) fn host(&self) -> Result<Option<Bytes<'d>>, String> {
        self.bytes_field("host")
    }

    /// `:path` as it is, with its query.
    pub(super) fn raw_path(&self) -> Result<Option<Bytes<'d>>, String> {
        self.bytes_field("path")
    }

    /// S-5 `paths`: "`:path` without `?query` and `#fragment`".
    pub(super) fn path(&self) -> Result<Option<Bytes<'d>>, String> {
        let Some(raw) = self.raw_path()? else {
            return Ok(None);
        };
        let end = raw.iter().position(|byte| matches!(byte, b'?' | b'#'));
        Ok(Some(match (raw, end) {
            (raw, None) => raw,
            (Cow::Borrowed(raw), Some(end)) => Cow::Borrowed(&raw[..end]),
            (Cow::Owned(raw), Some(end)) => Cow::Owned(raw[..end].to_vec()),
        }))
    }

    /// S-5 `connection.sni`: the requested server name; an empty one is none.
    pub(super) fn sni(&self) -> Result<Option<Bytes<'d>>, String> {
        Ok(self.bytes_field("sni")?.filter(|sni| !sni.is_empty()))
    }

    fn address(&self, of: &str, name: &str) -> Result<Option<IpAddr>, String> {
        let document = field(self.request, of).unwrap_or(&Value::Null);
        let Some(address) = text_field(document, name)? else {
            return Ok(None);
        };
        let read = address.parse().map_err(|_| format!("no address: `{address}`"));
        read.map(Some)
    }

    /// S-5 `source.ip`: "direct peer address of the TCP connection".
    pub(super) fn source_ip(&self) -> Result<Option<IpAddr>, String> {
        self.address("source", "ip")
    }

    /// S-5 `remote.ip`: "downstream remote address after XFF / PROXY protocol".
    pub(super) fn remote_ip(&self) -> Result<Option<IpAddr>, String> {
        self.address("source", "remoteIp")
    }

    /// S-5 `destination.ip`: "local address".
    pub(super) fn destination_ip(&self) -> Result<Option<IpAddr>, String> {
        self.address("destination", "ip")
    }

    /// S-5 `ports`: "local port of the connection".
    pub(super) fn destination_port(&self) -> Result<Option<u16>, String> {
        let destination = field(self.request, "destination").unwrap_or(&Value::Null);
        port_field(destination, "port")
    }

    pub(super) fn time(&self) -> Result<Option<OffsetDateTime>, String> {
        text_field(self.request, "time")?.map(read_time).transpose()
    }
}

/// A time (RFC 3339).
pub(super) fn read_time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|error| format!("no time: `{text}`: {error}"))
}
