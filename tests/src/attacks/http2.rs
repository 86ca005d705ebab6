//! [`Http2`]: a connection of HTTP/2 whose frames are written by hand, so that any of them can be wrong.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::attacks::hpack::{self, Fields};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const HEADER_TABLE_SIZE: u16 = 1;
const CANCEL: u32 = 8;
/// The answers of all streams of a connection fit into what is announced at its beginning.
const WINDOW_INCREMENT: u32 = 0x7fff_0000;
const LARGEST_FRAME: usize = 16_384;
const FRAME_HEAD: usize = 9;

/// What a peer sends on one stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// A header block, the first or trailers.
    Headers(Fields),
    /// Bytes of the body.
    Data(Vec<u8>),
    /// The stream is reset.
    Reset,
}

/// How a stream was answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// A response with this status, to its end.
    Status(u16),
    /// The stream was reset.
    Reset,
    /// The connection ended.
    Closed,
}

/// An open connection.
pub struct Http2<S> {
    stream: S,
    received: Vec<u8>,
    next_stream: u32,
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Http2<S> {
    /// Begins HTTP/2 on a stream, and asks for header blocks that need no table.
    ///
    /// # Errors
    /// When the stream breaks.
    pub async fn begin(mut stream: S) -> io::Result<Self> {
        let mut bytes = PREFACE.to_vec();
        let no_table = [&HEADER_TABLE_SIZE.to_be_bytes()[..], &0_u32.to_be_bytes()].concat();
        push_frame(&mut bytes, SETTINGS, 0, 0, &no_table);
        push_frame(&mut bytes, WINDOW_UPDATE, 0, 0, &WINDOW_INCREMENT.to_be_bytes());
        stream.write_all(&bytes).await?;
        Ok(Self {
            stream,
            received: Vec::new(),
            next_stream: 1,
        })
    }

    /// Whether the connection can carry another request.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.next_stream < 1 << 30
    }

    /// Sends a request, whose last step ends the stream, and waits for what becomes of it.
    ///
    /// # Errors
    /// When the connection breaks without a word.
    pub async fn exchange(&mut self, steps: &[Step]) -> io::Result<Answer> {
        let id = self.new_stream();
        // The peer may have closed the connection already, and says so in one of several ways.
        if self.stream.write_all(&frames(id, steps)).await.is_err() {
            return Ok(Answer::Closed);
        }
        self.answer(id).await
    }

    /// Sends the same steps on as many new streams, in one go, and waits for nothing.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send_on_streams(&mut self, steps: &[Step], streams: usize) -> io::Result<()> {
        let mut bytes = Vec::new();
        for _ in 0..streams {
            let id = self.new_stream();
            bytes.extend(frames(id, steps));
        }
        self.stream.write_all(&bytes).await
    }

    /// Sends a whole request, waits until its answer has begun, and sends the rest of the steps.
    ///
    /// # Errors
    /// When the connection breaks, or the answer does not come.
    pub async fn send_after_headers(&mut self, first: &[Step], rest: &[Step]) -> io::Result<Answer> {
        let id = self.new_stream();
        let mut bytes = Vec::new();
        push_steps(&mut bytes, id, first, StreamEnd::WithLastStep);
        self.stream.write_all(&bytes).await?;
        loop {
            let Some(frame) = self.read_frame().await? else {
                return Ok(Answer::Closed);
            };
            if frame.stream == id && frame.kind == HEADERS {
                let mut bytes = Vec::new();
                push_steps(&mut bytes, id, rest, StreamEnd::Open);
                self.stream.write_all(&bytes).await?;
                return Ok(hpack::status(&frame.payload).map_or(Answer::Reset, Answer::Status));
            }
        }
    }

    /// Begins a stream, waits until the other side has read that much, and resets it.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send_and_reset_later(&mut self, first: &[Step]) -> io::Result<()> {
        let id = self.new_stream();
        let mut bytes = Vec::new();
        push_steps(&mut bytes, id, first, StreamEnd::Open);
        self.stream.write_all(&bytes).await?;
        self.settle().await?;
        let mut bytes = Vec::new();
        push_steps(&mut bytes, id, &[Step::Reset], StreamEnd::Open);
        self.stream.write_all(&bytes).await
    }

    fn new_stream(&mut self) -> u32 {
        let id = self.next_stream;
        self.next_stream += 2;
        id
    }

    async fn answer(&mut self, id: u32) -> io::Result<Answer> {
        let mut status = None;
        loop {
            let Ok(Some(frame)) = self.read_frame().await else {
                return Ok(status.map_or(Answer::Closed, Answer::Status));
            };
            match frame.kind {
                // Trailers of a response have no status.
                HEADERS if frame.stream == id => status = status.or_else(|| hpack::status(&frame.payload)),
                RST_STREAM if frame.stream == id => return Ok(status.map_or(Answer::Reset, Answer::Status)),
                GOAWAY if goaway_refuses(&frame.payload) => {
                    return Ok(status.map_or(Answer::Closed, Answer::Status));
                }
                _ => {}
            }
            let ends = matches!(frame.kind, HEADERS | DATA) && frame.flags & END_STREAM != 0;
            if let Some(status) = status.filter(|_| ends && frame.stream == id) {
                return Ok(Answer::Status(status));
            }
        }
    }

    /// The next frame that is about a stream or ends the connection; `None` at its end. Pings and settings are answered.
    async fn read_frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = take_frame(&mut self.received) {
                if let Some(kind @ (SETTINGS | PING)) = Some(frame.kind).filter(|_| frame.flags & ACK == 0) {
                    let payload = if kind == PING {
                        frame.payload.as_slice()
                    } else {
                        &[]
                    };
                    let mut bytes = Vec::new();
                    push_frame(&mut bytes, kind, ACK, 0, payload);
                    self.stream.write_all(&bytes).await?;
                    continue;
                }
                return Ok(Some(frame));
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Waits until the other side has seen everything that was sent so far: it answers a ping.
    ///
    /// # Errors
    /// When the connection ends before.
    pub async fn settle(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        push_frame(&mut bytes, PING, 0, 0, b"settled?");
        self.stream.write_all(&bytes).await?;
        loop {
            match self.read_frame().await? {
                Some(frame) if frame.kind == PING => return Ok(()),
                Some(frame) if frame.kind == GOAWAY => {
                    return Err(io::Error::other("the connection was ended"));
                }
                Some(_) => {}
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

/// A graceful GOAWAY has error code 0 and lets streams end.
fn goaway_refuses(payload: &[u8]) -> bool {
    payload.get(4..8) != Some(&[0; 4])
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum StreamEnd {
    WithLastStep,
    Open,
}

fn frames(id: u32, steps: &[Step]) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_steps(&mut bytes, id, steps, StreamEnd::WithLastStep);
    bytes
}

fn push_steps(bytes: &mut Vec<u8>, id: u32, steps: &[Step], end: StreamEnd) {
    for (index, step) in steps.iter().enumerate() {
        let is_last = index + 1 == steps.len() && end == StreamEnd::WithLastStep;
        // Trailers are the last that a request has, even if it is reset behind them.
        let is_trailers = index > 0 && matches!(step, Step::Headers(_));
        let flags = if is_last || is_trailers { END_STREAM } else { 0 };
        match step {
            Step::Headers(fields) => push_headers(bytes, id, flags, &hpack::encode(fields)),
            Step::Data(data) => push_frame(bytes, DATA, flags, id, data),
            Step::Reset => push_frame(bytes, RST_STREAM, 0, id, &CANCEL.to_be_bytes()),
        }
    }
}

fn push_headers(bytes: &mut Vec<u8>, id: u32, flags: u8, block: &[u8]) {
    let mut parts = block.chunks(LARGEST_FRAME).peekable();
    let mut kind = HEADERS;
    while let Some(part) = parts.next() {
        let last = if parts.peek().is_none() { END_HEADERS } else { 0 };
        let own = if kind == HEADERS { flags } else { 0 };
        push_frame(bytes, kind, own | last, id, part);
        kind = CONTINUATION;
    }
}

fn push_frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    bytes.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    bytes.extend([kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

fn take_frame(received: &mut Vec<u8>) -> Option<Frame> {
    let head = received.first_chunk::<FRAME_HEAD>()?;
    let [a, b, c, kind, flags, stream @ ..] = *head;
    let end = FRAME_HEAD + u32::from_be_bytes([0, a, b, c]) as usize;
    let payload = received.get(FRAME_HEAD..end)?.to_vec();
    received.drain(..end);
    Some(Frame {
        kind,
        flags,
        stream: u32::from_be_bytes(stream) & !(1 << 31),
        payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_ends_the_stream() {
        let bytes = frames(3, &[Step::Data(b"x".to_vec()), Step::Data(b"y".to_vec())]);
        assert_eq!(
            bytes,
            [
                0, 0, 1, DATA, 0, 0, 0, 0, 3, b'x', 0, 0, 1, DATA, END_STREAM, 0, 0, 0, 3, b'y'
            ]
        );
        let mut received = frames(1, &[Step::Headers(vec![(b"a".to_vec(), b"b".to_vec())])]);
        let frame = take_frame(&mut received).unwrap();
        assert_eq!(
            (frame.kind, frame.flags, frame.stream),
            (HEADERS, END_HEADERS | END_STREAM, 1)
        );
        assert!(received.is_empty());
    }

    #[test]
    fn a_long_header_block_goes_on_in_another_frame() {
        let mut received = frames(1, &[Step::Headers(vec![(b"a".to_vec(), vec![b'b'; 20_000])])]);
        let first = take_frame(&mut received).unwrap();
        let second = take_frame(&mut received).unwrap();
        assert_eq!((first.kind, first.flags), (HEADERS, END_STREAM));
        assert_eq!((second.kind, second.flags), (CONTINUATION, END_HEADERS));
    }
}
