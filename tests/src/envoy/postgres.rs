//! PostgreSQL's frontend/backend protocol 3.0, as much as one simple query needs: both ends, in its wire format.

use std::io;

use crate::envoy::application::{Conversation, Protocol};
use crate::envoy::client::Connection;

/// `SSLRequest`, by which a client asks for TLS within the stream before it starts.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// What a server without TLS of its own answers to it.
pub const NO_TLS_HERE: &[u8] = b"N";

const VERSION_3_0: [u8; 4] = [0, 3, 0, 0];
const CLEARTEXT_PASSWORD: [u8; 4] = [0, 0, 0, 3];
const AUTHENTICATED: [u8; 4] = [0, 0, 0, 0];
const PASSWORD: &str = "open sesame";
const LONGEST_MESSAGE_BYTES: usize = 1024 * 1024;

/// A server with one table, which it sends for any query.
#[derive(Clone, Debug)]
pub struct Server {
    /// The text of the one column, row by row.
    pub rows: Vec<String>,
}

/// One message: its type, and what follows the length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    kind: u8,
    body: Vec<u8>,
}

/// The bytes of a message, type and length before its body.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &with_length(body)].concat()
}

/// The length counts itself.
fn with_length(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], body].concat()
}

fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

fn body_length(length: &[u8]) -> io::Result<usize> {
    let length: [u8; 4] = length.try_into().map_err(io::Error::other)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    match length.checked_sub(4) {
        Some(body) if body <= LONGEST_MESSAGE_BYTES => Ok(body),
        Some(_) | None => Err(io::Error::other(format!("a message of {length} bytes"))),
    }
}

impl Protocol for Server {
    async fn serve(&self, peer: &mut Conversation) -> io::Result<()> {
        start_up(peer).await?;
        loop {
            let Message { kind, .. } = read(peer).await?;
            match kind {
                b'Q' => peer.say(&self.answer()).await?,
                b'X' => return Ok(()),
                other => {
                    return Err(io::Error::other(format!(
                        "the message `{}`",
                        other.escape_ascii()
                    )));
                }
            }
        }
    }
}

impl Server {
    /// `RowDescription`, a `DataRow` each, `CommandComplete`, `ReadyForQuery`.
    fn answer(&self) -> Vec<u8> {
        let rows: Vec<u8> = self.rows.iter().flat_map(|row| data_row(row)).collect();
        let tag = text(&format!("SELECT {}", self.rows.len()));
        [column("name"), rows, message(b'C', &tag), ready()].concat()
    }
}

/// From the first byte to `ReadyForQuery`.
async fn start_up(peer: &mut Conversation) -> io::Result<()> {
    let mut start = read_start(peer).await?;
    if start == SSL_REQUEST[4..] {
        peer.say(NO_TLS_HERE).await?;
        start = read_start(peer).await?;
    }
    if !start.starts_with(&VERSION_3_0) {
        return Err(io::Error::other("another protocol than 3.0"));
    }
    peer.say(&message(b'R', &CLEARTEXT_PASSWORD)).await?;
    let password = read(peer).await?;
    if password.kind != b'p' || password.body != text(PASSWORD) {
        return Err(io::Error::other("not the password"));
    }
    let version = [text("server_version"), text("17.0")].concat();
    let ready = [message(b'R', &AUTHENTICATED), message(b'S', &version), ready()].concat();
    peer.say(&ready).await
}

async fn read_start(peer: &mut Conversation) -> io::Result<Vec<u8>> {
    let length = body_length(&peer.hear(4).await?)?;
    peer.hear(length).await
}

async fn read(peer: &mut Conversation) -> io::Result<Message> {
    let kind = peer.hear(1).await?[0];
    let length = body_length(&peer.hear(4).await?)?;
    let body = peer.hear(length).await?;
    Ok(Message { kind, body })
}

fn ready() -> Vec<u8> {
    message(b'Z', b"I")
}

/// One column of text: no table behind it, type 25, of any length, in text format.
fn column(name: &str) -> Vec<u8> {
    let facts = [
        &[0; 4][..],
        &[0; 2],
        &[0, 0, 0, 25],
        &[0xff; 2],
        &[0xff; 4],
        &[0; 2],
    ]
    .concat();
    message(b'T', &[&[0, 1][..], &text(name), &facts].concat())
}

fn data_row(value: &str) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes();
    message(b'D', &[&[0, 1][..], &length, value.as_bytes()].concat())
}

/// A client on an open connection.
pub struct Client {
    connection: Connection,
}

impl Client {
    /// Starts up over this connection and gives the password.
    ///
    /// # Errors
    /// When the connection ends, or the server says anything else than the protocol has here.
    pub async fn start(mut connection: Connection) -> Result<Self, String> {
        let parameters = [text("user"), text("frontend"), text("database"), text("orders")].concat();
        let start = [&VERSION_3_0[..], &parameters, b"\0"].concat();
        connection.say(&with_length(&start)).await?;
        let mut client = Self { connection };
        client.expect(b'R', |body| body == CLEARTEXT_PASSWORD).await?;
        client.connection.say(&message(b'p', &text(PASSWORD))).await?;
        client.expect(b'R', |body| body == AUTHENTICATED).await?;
        client
            .expect(b'S', |body| body.starts_with(b"server_version\0"))
            .await?;
        client.expect(b'Z', |body| body == b"I").await?;
        Ok(client)
    }

    /// The rows of a simple query, each of one column.
    ///
    /// # Errors
    /// When the connection ends, or the server says anything else than the protocol has here.
    pub async fn query(&mut self, sql: &str) -> Result<Vec<String>, String> {
        self.connection.say(&message(b'Q', &text(sql))).await?;
        self.expect(b'T', |body| body.starts_with(&[0, 1])).await?;
        let mut rows = Vec::new();
        loop {
            let Message { kind, body } = self.read().await?;
            match (kind, body.get(6..)) {
                (b'D', Some(value)) => rows.push(String::from_utf8_lossy(value).into_owned()),
                (b'C', _) => break,
                _ => return Err(format!("unexpected: {}", kind.escape_ascii())),
            }
        }
        self.expect(b'Z', |body| body == b"I").await?;
        Ok(rows)
    }

    /// `Terminate`; what the server still says until it has ended the connection.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn terminate(mut self) -> Result<Vec<u8>, String> {
        self.connection.say(&message(b'X', b"")).await?;
        self.connection.ending().await
    }

    async fn expect(&mut self, kind: u8, body: impl Fn(&[u8]) -> bool) -> Result<(), String> {
        match self.read().await? {
            message if message.kind == kind && body(&message.body) => Ok(()),
            message => Err(format!(
                "not the `{}` that was due: {message:?}",
                kind.escape_ascii()
            )),
        }
    }

    async fn read(&mut self) -> Result<Message, String> {
        let kind = self.connection.hear(1).await?[0];
        let length = self.connection.hear(4).await?;
        let length = body_length(&length).map_err(|error| error.to_string())?;
        let body = self.connection.hear(length).await?;
        Ok(Message { kind, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_its_type_a_length_that_counts_itself_and_its_body() {
        assert_eq!(ready(), b"Z\0\0\0\x05I");
        assert_eq!(message(b'X', b""), b"X\0\0\0\x04");
        assert_eq!(data_row("a"), b"D\0\0\0\x0b\0\x01\0\0\0\x01a");
    }

    #[test]
    fn a_length_that_does_not_count_itself_or_is_beyond_all_need_is_no_message() {
        for length in [0_u32, 3, u32::MAX] {
            assert!(body_length(&length.to_be_bytes()).is_err(), "{length}");
        }
        assert_eq!(body_length(&[0, 0, 0, 8]).unwrap(), 4);
    }
}
