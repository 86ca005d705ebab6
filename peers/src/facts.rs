//! [`Facts`]: a request as the other engines are told of it.

use serde_json::{Map, Value, json};

/// What the rules read, and no more. The path comes with its segments, so that no engine has to split it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The SPIFFE ID of the peer, without `spiffe://`.
    pub principal: String,
    /// The host.
    pub host: String,
    /// The path.
    pub path: String,
    /// What stands between the slashes of the path.
    pub segments: Vec<String>,
    /// Names in lower case, and values.
    pub headers: Map<String, Value>,
    /// The claims of the token.
    pub claims: Map<String, Value>,
    /// The client's address.
    pub remote_ip: String,
}

impl Facts {
    /// What a request document says.
    ///
    /// # Errors
    /// When it is not of the form that the measured documents have.
    pub fn of(request: &Value) -> Result<Self, String> {
        Self::read(request).ok_or_else(|| format!("no translation of {request}"))
    }

    fn read(request: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let path = text(&request["path"])?;
        let header = |header: &Value| Some((text(&header[0])?, header[1].clone()));
        Some(Self {
            principal: request["peer"]["spiffeId"]
                .as_str()?
                .strip_prefix("spiffe://")?
                .to_owned(),
            host: text(&request["host"])?,
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
            path,
            headers: request["headers"]
                .as_array()?
                .iter()
                .map(header)
                .collect::<Option<_>>()?,
            claims: request["jwt"].as_object()?.clone(),
            remote_ip: text(&request["source"]["remoteIp"])?,
        })
    }

    /// As an input document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "principal": self.principal,
            "host": self.host,
            "path": self.path,
            "segments": self.segments,
            "headers": self.headers,
            "claims": self.claims,
            "remoteIp": self.remote_ip,
        })
    }

    /// The segment of this number, from 0; "" where the path has fewer.
    #[must_use]
    pub fn segment(&self, number: usize) -> &str {
        self.segments.get(number).map_or("", String::as_str)
    }
}
