//! The names of headers, claims and metadata.

/// The name of a header, with those that a request has outside of its list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum HeaderName {
    /// `:method`
    Method,
    /// `:authority`, for which `host` is another name
    Authority,
    /// `:path`, with its query
    Path,
    /// Any other, in lower case.
    Listed(Box<[u8]>),
}

impl HeaderName {
    /// The header of this name, in any case; `None` where no header can have it (RFC 9110, section 5.6.2).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let bare = name.strip_prefix(':').unwrap_or(name);
        if bare.is_empty() || !bare.bytes().all(token) {
            return None;
        }
        Some(match name.to_ascii_lowercase().as_str() {
            ":method" => Self::Method,
            ":authority" | "host" => Self::Authority,
            ":path" => Self::Path,
            other => Self::Listed(other.as_bytes().into()),
        })
    }
}

/// The names that lead to a claim, from the outermost.
pub(crate) type ClaimPath = Box<[Box<str>]>;

/// A place in the dynamic metadata.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MetadataKey {
    pub(crate) namespace: Box<str>,
    pub(crate) key: Box<str>,
}
