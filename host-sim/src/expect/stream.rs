//! Expectations of what a stream has come to by now.

use crate::expect::outcome::{replied, reply_of};
use crate::expect::unexpected::Unexpected;
use crate::headers::Headers;
use crate::http::local_reply::LocalReply;
use crate::http::message::Message;
use crate::http::stream::Stream;
use crate::tcp::stream::TcpStream;

impl Stream {
    /// Adds what happened in this stream to an expectation that was not met.
    ///
    /// # Errors
    /// The same, with [`Stream::trace`].
    pub fn explain<T>(&self, result: Result<T, Unexpected>) -> Result<T, Unexpected> {
        result.map_err(|unexpected| unexpected.with(|| self.trace()))
    }

    /// Expects the plugin to have answered with this status, and gives the reply.
    ///
    /// # Errors
    /// [`Unexpected`] when it has not, or with another.
    pub fn expect_reply(&self, status: u32) -> Result<LocalReply, Unexpected> {
        let came = match self.local_reply() {
            Some(reply) if reply.status == status => return Ok(reply),
            Some(reply) => replied(&reply),
            None => "there is none".to_owned(),
        };
        self.explain(Err(Unexpected::new(reply_of(status), came)))
    }

    /// Expects the request to have gone past the plugin to its end, with this body; gives what the application gets.
    ///
    /// # Errors
    /// [`Unexpected`] when it has not, or with another body.
    pub fn expect_sent_upstream(&self, body: impl AsRef<[u8]>) -> Result<Message, Unexpected> {
        let came = || format!("it is {:?}", self.request());
        self.explain(whole("the request", self.sent_upstream(), body.as_ref(), came))
    }

    /// Expects the response, or the local reply, to have gone past the plugin to its end, with this body; gives what the
    /// client gets.
    ///
    /// # Errors
    /// [`Unexpected`] when it has not, or with another body.
    pub fn expect_sent_downstream(&self, body: impl AsRef<[u8]>) -> Result<Message, Unexpected> {
        let came = || format!("it is {:?}", self.response());
        self.explain(whole("the response", self.sent_downstream(), body.as_ref(), came))
    }

    /// Expects the request to have this header once, with this value, as it is now; or `None`, not to have it.
    ///
    /// # Errors
    /// [`Unexpected`] when it has not this value, or several.
    pub fn expect_request_header<'v>(
        &self,
        name: &str,
        value: impl Into<Option<&'v str>>,
    ) -> Result<(), Unexpected> {
        self.explain(one_value(
            "the request",
            &self.current_request_headers(),
            name,
            value.into(),
        ))
    }

    /// Expects the response or the local reply to have this header once, with this value, as it is now; or `None`, not to
    /// have it.
    ///
    /// # Errors
    /// [`Unexpected`] when it has not this value, or several.
    pub fn expect_response_header<'v>(
        &self,
        name: &str,
        value: impl Into<Option<&'v str>>,
    ) -> Result<(), Unexpected> {
        self.explain(one_value(
            "the response",
            &self.current_response_headers(),
            name,
            value.into(),
        ))
    }
}

impl TcpStream {
    /// Adds what happened in this stream to an expectation that was not met.
    ///
    /// # Errors
    /// The same, with [`TcpStream::trace`].
    pub fn explain<T>(&self, result: Result<T, Unexpected>) -> Result<T, Unexpected> {
        result.map_err(|unexpected| unexpected.with(|| self.trace()))
    }
}

fn whole(
    whose: &str,
    message: Message,
    body: &[u8],
    progress: impl FnOnce() -> String,
) -> Result<Message, Unexpected> {
    if message.ended && message.body == body {
        return Ok(message);
    }
    let expected = format!(
        "{whose} to go on to its end with body \"{}\"",
        body.escape_ascii()
    );
    let sent = message.body.escape_ascii();
    Err(Unexpected::new(
        expected,
        format_args!("{}, and \"{sent}\" of its body has gone on", progress()),
    ))
}

fn one_value(whose: &str, headers: &Headers, name: &str, value: Option<&str>) -> Result<(), Unexpected> {
    let values: Vec<_> = headers.get_all(name).collect();
    if values == Vec::from_iter(value.map(str::as_bytes)) {
        return Ok(());
    }
    let expected = value.map_or_else(
        || format!("no header `{name}`"),
        |value| format!("header `{name}: {value}`"),
    );
    let came = values.iter().map(|value| format!("\"{}\"", value.escape_ascii()));
    let came: Vec<_> = came.collect();
    let came = if came.is_empty() {
        "none".to_owned()
    } else {
        came.join(" and ")
    };
    Err(Unexpected::new(expected, format_args!("{whose} has {came}")))
}
