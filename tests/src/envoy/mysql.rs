//! MySQL's client/server protocol, as much as a log-in needs: the server speaks first. Both ends, in its wire format.

use std::io;

use crate::envoy::application::{Conversation, Protocol};
use crate::envoy::client::Connection;

const PROTOCOL_VERSION: u8 = 10;
const SERVER_VERSION: &str = "9.1.0";
const LATIN_1: u8 = 8;
/// `CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION`.
const CAPABILITIES: u32 = 0x0000_8200;
const AUTOCOMMIT: u16 = 2;
const SALT: [u8; 20] = *b"abcdefghijklmnopqrst";
const OK: [u8; 7] = [0, 0, 0, 2, 0, 0, 0];

/// A server that greets, and lets in whoever answers.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// The bytes of a packet: three of length, its number, its payload.
#[must_use]
pub fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&length[..3], &[number], payload].concat()
}

/// `HandshakeV10`, the first packet of every connection.
#[must_use]
pub fn handshake() -> Vec<u8> {
    let [low, high] = [CAPABILITIES & 0xffff, CAPABILITIES >> 16].map(|half| half.to_le_bytes());
    let payload = [
        &[PROTOCOL_VERSION][..],
        SERVER_VERSION.as_bytes(),
        &[0, 7, 0, 0, 0],
        &SALT[..8],
        &[0],
        &low[..2],
        &[LATIN_1],
        &AUTOCOMMIT.to_le_bytes(),
        &high[..2],
        &[21],
        &[0; 10],
        &SALT[8..],
        &[0],
    ];
    packet(0, &payload.concat())
}

fn handshake_response(user: &str) -> Vec<u8> {
    let longest_packet = (1_u32 << 24).to_le_bytes();
    let payload = [
        &CAPABILITIES.to_le_bytes()[..],
        &longest_packet,
        &[LATIN_1],
        &[0; 23],
        user.as_bytes(),
        &[0, 20],
        &SALT,
    ];
    packet(1, &payload.concat())
}

impl Protocol for Server {
    async fn serve(&self, peer: &mut Conversation) -> io::Result<()> {
        peer.say(&handshake()).await?;
        let head = peer.hear(4).await?;
        let response = peer.hear(payload_length(&head)).await?;
        if response.starts_with(&CAPABILITIES.to_le_bytes()) {
            peer.say(&packet(2, &OK)).await?;
        }
        peer.hear_all().await.map(drop)
    }
}

fn payload_length(head: &[u8]) -> usize {
    head.iter()
        .take(3)
        .rev()
        .fold(0, |length, byte| length << 8 | usize::from(*byte))
}

/// Reads the greeting of the server, logs in, and reads that it may.
///
/// # Errors
/// When the connection ends, or the server says anything else than the protocol has here.
pub async fn log_in(connection: &mut Connection, user: &str) -> Result<(), String> {
    let greeting = read(connection).await?;
    let version = greeting.get(1..1 + SERVER_VERSION.len());
    if greeting.first() != Some(&PROTOCOL_VERSION) || version != Some(SERVER_VERSION.as_bytes()) {
        return Err(format!("no handshake: {}", greeting.escape_ascii()));
    }
    connection.say(&handshake_response(user)).await?;
    match read(connection).await? {
        payload if payload == OK => Ok(()),
        payload => Err(format!("no OK: {}", payload.escape_ascii())),
    }
}

async fn read(connection: &mut Connection) -> Result<Vec<u8>, String> {
    let head = connection.hear(4).await?;
    connection.hear(payload_length(&head)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_begins_with_three_bytes_of_length_and_its_number() {
        assert_eq!(packet(2, b"abc"), b"\x03\0\0\x02abc");
        assert_eq!(payload_length(&packet(0, &[0; 70_000])), 70_000);
    }

    #[test]
    fn the_handshake_has_the_fields_of_version_10_in_their_places() {
        let packet = handshake();
        assert_eq!(payload_length(&packet), packet.len() - 4);
        assert_eq!(packet[4], 10);
        assert_eq!(&packet[5..11], b"9.1.0\0");
        assert_eq!(packet.len() - 4, 1 + 6 + 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10 + 13);
    }
}
