//! [`Access`]: who was admitted to what.

use core::fmt;
use core::net::IpAddr;

/// One peer and one operation of it that was seen.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Access {
    /// Who.
    pub peer: LearnedPeer,
    /// What.
    pub operation: Operation,
}

/// The other end, as a policy can name it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LearnedPeer {
    /// A SPIFFE ID, whole.
    SpiffeId(String),
    /// A peer without an identity, by its address.
    Address(IpAddr),
}

/// What a peer did.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Operation {
    /// An HTTP request.
    Http {
        /// The local port; `None` where the log does not say it.
        port: Option<u16>,
        /// The method.
        method: String,
        /// The path without its query, or a template.
        path: String,
    },
    /// A connection that carries anything.
    Tcp {
        /// The local port.
        port: u16,
    },
}

impl Operation {
    /// Whether a policy that allows it may allow another one as well.
    pub(super) fn is_pattern(&self) -> bool {
        match self {
            Self::Http { port, path, .. } => port.is_none() || path.contains('{'),
            Self::Tcp { .. } => true,
        }
    }

    /// Whether a policy that allows this operation allows the other as well.
    pub(super) fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Http { port, method, path },
                Self::Http {
                    port: other_port,
                    method: other_method,
                    path: other_path,
                },
            ) => {
                (port.is_none() || port == other_port)
                    && method == other_method
                    && path_includes(path, other_path)
            }
            // A rule on a port alone does not ask what the connection carries.
            (Self::Tcp { port }, Self::Tcp { port: other }) => port == other,
            (Self::Tcp { port }, Self::Http { port: other, .. }) => Some(*port) == *other,
            (Self::Http { .. }, Self::Tcp { .. }) => false,
        }
    }
}

/// Whether the segments are the same, where `{*}` is any segment.
pub(super) fn path_includes(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("{*}"), Some(segment)) if !segment.is_empty() => {}
            (Some(expected), Some(segment)) if expected == segment => {}
            (Some(_) | None, _) => return false,
        }
    }
}

impl fmt::Display for LearnedPeer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpiffeId(id) => formatter.write_str(id),
            Self::Address(address) => write!(formatter, "{address} (no identity)"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http {
                port: Some(port),
                method,
                path,
            } => write!(formatter, "{method} {path} on port {port}"),
            Self::Http {
                port: None,
                method,
                path,
            } => write!(formatter, "{method} {path}"),
            Self::Tcp { port } => write!(formatter, "a connection to port {port}"),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.peer, self.operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_includes_paths_of_as_many_segments() {
        assert!(path_includes("/orders/{*}/items", "/orders/7/items"));
        for other in [
            "/orders/7",
            "/orders/7/items/1",
            "/orders//items",
            "/carts/7/items",
            "",
        ] {
            assert!(!path_includes("/orders/{*}/items", other), "{other}");
        }
    }
}
