//! HTTP/1.1, written by hand: both sides must be able to stop in the middle.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::parity::endpoint::{Arrivals, Backstage, Command, End, Endpoint, Received};
use crate::parity::headers::{Pairs, value};

/// Carries one exchange for a client, and then waits for the connection's end.
pub(crate) async fn client(stream: impl AsyncRead + AsyncWrite + Unpin, backstage: Backstage) {
    let received = backstage.received.clone();
    let mut connection = Connection::new(stream, Role::Client);
    let _ended = connection.exchange(backstage).await;
    received.broken();
}

/// Serves one connection: each request is an arrival of its own.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, arrivals: Arrivals) {
    let mut connection = Connection::new(stream, Role::Server);
    while connection.begins().await {
        let (endpoint, backstage) = Endpoint::new();
        let received = backstage.received.clone();
        arrivals.push(endpoint);
        let ended = connection.exchange(backstage).await;
        received.broken();
        if ended.is_err() {
            return;
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Role {
    Client,
    Server,
}

struct Connection<S> {
    stream: S,
    role: Role,
    buffer: Vec<u8>,
    reading: Reading,
    writing: Writing,
    method: Vec<u8>,
}

/// What the next bytes are.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Reading {
    Head,
    Counted(usize),
    ChunkSize,
    Chunk(usize),
    Trailers,
    UntilTheEnd,
    Done,
}

/// How a body is written.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Writing {
    Head,
    Plain,
    Chunked,
    Done,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    fn new(stream: S, role: Role) -> Self {
        Self {
            stream,
            role,
            buffer: Vec::new(),
            reading: Reading::Head,
            writing: Writing::Head,
            method: Vec::new(),
        }
    }

    /// Waits for the first byte of a request.
    async fn begins(&mut self) -> bool {
        self.reading = Reading::Head;
        self.writing = Writing::Head;
        !self.buffer.is_empty()
            || self
                .stream
                .read_buf(&mut self.buffer)
                .await
                .is_ok_and(|read| read > 0)
    }

    /// Carries commands and bytes until both directions have ended.
    async fn exchange(&mut self, mut backstage: Backstage) -> io::Result<()> {
        loop {
            self.decode(&mut backstage.received.lock())?;
            if self.reading == Reading::Done && self.writing == Writing::Done && self.role == Role::Server {
                return Ok(());
            }
            tokio::select! {
                command = backstage.commands.recv() => match command {
                    Some(command) => self.carry_out(command).await?,
                    None => return Err(io::ErrorKind::ConnectionAborted.into()),
                },
                read = self.stream.read_buf(&mut self.buffer) => if read? == 0 {
                    return self.ended(&mut backstage.received.lock());
                },
            }
        }
    }

    fn ended(&mut self, received: &mut Received) -> io::Result<()> {
        if self.reading == Reading::UntilTheEnd {
            received.end = End::Complete;
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    async fn carry_out(&mut self, command: Command) -> io::Result<()> {
        let bytes = match command {
            Command::Headers { pairs, end } => self.head(pairs, end),
            Command::Body { bytes, end } => self.body(&bytes, end),
            Command::Trailers(pairs) => {
                self.writing = Writing::Done;
                [b"0\r\n".to_vec(), lines(&pairs), b"\r\n".to_vec()].concat()
            }
            Command::Break => return Err(io::ErrorKind::ConnectionAborted.into()),
        };
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }

    fn head(&mut self, pairs: Pairs, end: bool) -> Vec<u8> {
        let text = |name| value(&pairs, name).unwrap_or_default().to_vec();
        let mut bytes = match self.role {
            Role::Client => {
                self.method = text(":method");
                let words = [
                    &text(":method")[..],
                    b" ",
                    &text(":path"),
                    b" HTTP/1.1\r\nhost: ",
                    &text(":authority"),
                    b"\r\n",
                ];
                words.concat()
            }
            Role::Server => [b"HTTP/1.1 ", &text(":status")[..], b" X\r\n"].concat(),
        };
        let counted = value(&pairs, "content-length").is_some();
        self.writing = match (end, counted) {
            (true, _) => Writing::Done,
            (false, true) => Writing::Plain,
            (false, false) => Writing::Chunked,
        };
        bytes.extend(lines(&pairs));
        match (self.writing, self.role) {
            (Writing::Chunked, _) => bytes.extend_from_slice(b"transfer-encoding: chunked\r\n"),
            (Writing::Done, Role::Server) if !counted && has_body(&text(":status"), &self.method) => {
                bytes.extend_from_slice(b"content-length: 0\r\n");
            }
            _ => {}
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    fn body(&mut self, bytes: &[u8], end: bool) -> Vec<u8> {
        let mut written = match (self.writing, bytes) {
            (Writing::Chunked, []) => Vec::new(),
            (Writing::Chunked, _) => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
            _ => bytes.to_vec(),
        };
        if end && self.writing == Writing::Chunked {
            written.extend_from_slice(b"0\r\n\r\n");
        }
        if end {
            self.writing = Writing::Done;
        }
        written
    }

    /// Takes as much of the buffer as can be understood.
    fn decode(&mut self, received: &mut Received) -> io::Result<()> {
        while self.step(received)? {}
        if self.reading == Reading::Done {
            received.end = End::Complete;
        }
        Ok(())
    }

    /// Whether it got further.
    fn step(&mut self, received: &mut Received) -> io::Result<bool> {
        match self.reading {
            Reading::Head => self.read_head(received),
            Reading::Counted(0) => {
                self.reading = Reading::Done;
                Ok(true)
            }
            Reading::Counted(left) => Ok(self.take(left, received, Reading::Counted)),
            Reading::UntilTheEnd => Ok(self.take(usize::MAX, received, |_| Reading::UntilTheEnd)),
            Reading::Chunk(left) if left <= 2 => match self.buffer.len() {
                length if length < left => Ok(false),
                _ => {
                    self.buffer.drain(..left);
                    self.reading = Reading::ChunkSize;
                    Ok(true)
                }
            },
            Reading::Chunk(left) => Ok(self.take(left - 2, received, |left| Reading::Chunk(left + 2))),
            Reading::ChunkSize => self.read_chunk_size(),
            Reading::Trailers => self.read_trailers(received),
            Reading::Done => Ok(false),
        }
    }

    /// Moves up to so many bytes of the body out of the buffer.
    fn take(&mut self, at_most: usize, received: &mut Received, then: impl Fn(usize) -> Reading) -> bool {
        let taken = at_most.min(self.buffer.len());
        received.body.extend(self.buffer.drain(..taken));
        self.reading = then(at_most - taken);
        taken > 0
    }

    fn read_chunk_size(&mut self) -> io::Result<bool> {
        let Some(line) = self.line() else { return Ok(false) };
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        self.reading = match size {
            0 => Reading::Trailers,
            size => Reading::Chunk(size + 2),
        };
        Ok(true)
    }

    fn line(&mut self) -> Option<String> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\r\n")?;
        let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
        Some(String::from_utf8_lossy(&line[..end]).into_owned())
    }

    fn read_trailers(&mut self, received: &mut Received) -> io::Result<bool> {
        if self.buffer.starts_with(b"\r\n") {
            self.buffer.drain(..2);
            self.reading = Reading::Done;
            return Ok(true);
        }
        let Some((pairs, length)) = head(&self.buffer)? else {
            return Ok(false);
        };
        self.buffer.drain(..length);
        received.trailers = Some(pairs);
        self.reading = Reading::Done;
        Ok(true)
    }

    fn read_head(&mut self, received: &mut Received) -> io::Result<bool> {
        let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") else {
            return Ok(false);
        };
        let Some((pairs, length)) = head(&self.buffer[end + 2..])? else {
            return Ok(false);
        };
        let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end + 2 + length);
        let words: Vec<&str> = line.split(' ').collect();
        let pseudo = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let first = match (self.role, &words[..]) {
            (Role::Client, [_, status, ..]) => vec![pseudo(":status", status)],
            (Role::Server, [method, path, ..]) => {
                self.method = method.as_bytes().to_vec();
                vec![pseudo(":method", method), pseudo(":path", path)]
            }
            _ => return Err(io::Error::other(line)),
        };
        self.reading = self.body_of(&pairs, first.first().map(|(_, value)| value.as_slice()));
        received.headers = Some(
            first
                .into_iter()
                .chain(pairs.into_iter().map(authority))
                .collect(),
        );
        Ok(true)
    }

    /// What follows a head with these headers.
    fn body_of(&self, pairs: &Pairs, status: Option<&[u8]>) -> Reading {
        let length = value(pairs, "content-length").map(|length| String::from_utf8_lossy(length).parse());
        let chunked = value(pairs, "transfer-encoding") == Some(b"chunked");
        match (self.role, length) {
            (Role::Client, _) if !has_body(status.unwrap_or_default(), &self.method) => Reading::Done,
            (_, Some(Ok(length))) => Reading::Counted(length),
            _ if chunked => Reading::ChunkSize,
            (Role::Client, _) => Reading::UntilTheEnd,
            (Role::Server, _) => Reading::Done,
        }
    }
}

fn has_body(status: &[u8], method: &[u8]) -> bool {
    method != b"HEAD" && status != b"204" && status != b"304" && !status.starts_with(b"1")
}

/// The name that the header has in every other version.
fn authority((name, value): (String, Vec<u8>)) -> (String, Vec<u8>) {
    match name.as_str() {
        "host" => (":authority".to_owned(), value),
        _ => (name, value),
    }
}

fn lines(pairs: &Pairs) -> Vec<u8> {
    let regular = pairs.iter().filter(|(name, _)| !name.starts_with(':'));
    regular
        .flat_map(|(name, value)| [name.as_bytes(), b": ", value, b"\r\n"].concat())
        .collect()
}

/// Headers up to an empty line, and how many bytes that are; `None` where the line is not there yet.
fn head(bytes: &[u8]) -> io::Result<Option<(Pairs, usize)>> {
    let mut pairs = Vec::new();
    let mut at = 0;
    loop {
        let Some(length) = bytes[at..].windows(2).position(|pair| pair == b"\r\n") else {
            return Ok(None);
        };
        let line = &bytes[at..at + length];
        at += length + 2;
        if line.is_empty() {
            return Ok(Some((pairs, at)));
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let colon = colon.ok_or_else(|| io::Error::other(line.escape_ascii().to_string()))?;
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        pairs.push((name, line[colon + 1..].trim_ascii().to_vec()));
    }
}
