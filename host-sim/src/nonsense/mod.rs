//! [`Nonsense`]: a host that does not always say the truth, for tests of what a plugin makes of that.

use std::collections::VecDeque;

use crate::abi::Status;
use crate::nonsense::exact::Exact;

mod each_status;
mod exact;

pub use each_status::StatusLie;

/// What a hostcall is answered in the place of the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lie {
    /// It is not served, and this is the status: any number. With 0 the host claims success and has done and written
    /// nothing.
    NotServed(u32),
    /// It is served, and this is the status all the same.
    Status(u32),
    /// It is served, with these bytes for the buffer or the number that it gives; a number takes as many of them as it has
    /// bytes, and zeros where they end.
    Bytes(Vec<u8>),
    /// It is served, with a buffer of this size at address 0.
    NullBuffer(u32),
    /// It is served, with a buffer of size 0 at an address that is not 0.
    EmptyBuffer,
}

/// A hostcall that was not answered with the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The hostcall's name.
    pub hostcall: &'static str,
    /// What it was answered.
    pub lie: Lie,
}

/// Answers of a host: exact lies ([`Nonsense::lie_at`], [`Nonsense::lie_always`], [`Nonsense::each_status`]), or lies read
/// from bytes. The same bytes give the same answers, and where they end the host is honest; [`Nonsense::default`] always is.
///
/// Each hostcall of module `env` takes a byte. Its lowest three bits say what follows: 0 to 3 the truth; 4 [`Lie::NotServed`]
/// and 5 [`Lie::Status`], with the status in the next byte (255 stands for the largest number); 6 [`Lie::Bytes`], with their
/// number in the next byte, how often they are repeated (2 to the power of its lowest four bits) in the one after, and then
/// the bytes; 7 [`Lie::NullBuffer`] with the size in the next byte, or [`Lie::EmptyBuffer`] where that is 0. Memory outside
/// the guest's allocator is never handed over as a buffer: a host that does so breaks into its guest.
#[derive(Debug, Clone, Default)]
pub struct Nonsense {
    bytes: VecDeque<u8>,
    exact: Vec<Exact>,
    honest: Vec<&'static str>,
    told: Vec<Told>,
}

impl Nonsense {
    /// The answers that these bytes stand for.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into().into(),
            ..Self::default()
        }
    }

    /// Lets the host be honest about this hostcall, which takes no byte then.
    #[must_use]
    pub fn except(mut self, hostcall: &'static str) -> Self {
        self.honest.push(hostcall);
        self
    }

    /// Answers one call of a hostcall with this; `nth` counts its calls from 0. An exact lie takes no byte, and the one that
    /// was asked for first is told.
    #[must_use]
    pub fn lie_at(mut self, hostcall: &'static str, nth: u64, lie: Lie) -> Self {
        self.exact.push(Exact::nth(hostcall, nth, lie));
        self
    }

    /// Answers every call of a hostcall with this.
    #[must_use]
    pub fn lie_always(mut self, hostcall: &'static str, lie: Lie) -> Self {
        self.exact.push(Exact::always(hostcall, lie));
        self
    }

    /// Does not serve one call of a hostcall, and answers it with this status.
    #[must_use]
    pub fn status_at(self, hostcall: &'static str, nth: u64, status: Status) -> Self {
        self.lie_at(hostcall, nth, Lie::NotServed(status.number()))
    }

    /// Every status at every hostcall of every version of the ABI: for tests that try them one after the other.
    pub fn each_status() -> impl Iterator<Item = StatusLie> {
        each_status::each_status()
    }

    /// The lies so far, in order.
    pub(crate) fn told(&self) -> &[Told] {
        &self.told
    }

    /// How a hostcall is answered; `None` is the truth.
    pub(crate) fn answer(&mut self, hostcall: &'static str) -> Option<Lie> {
        if self.honest.contains(&hostcall) {
            return None;
        }
        let lie = exact::of(&mut self.exact, hostcall).or_else(|| self.lie())?;
        self.told.push(Told {
            hostcall,
            lie: lie.clone(),
        });
        Some(lie)
    }

    fn lie(&mut self) -> Option<Lie> {
        match self.byte() & 0b111 {
            4 => Some(Lie::NotServed(self.status())),
            5 => Some(Lie::Status(self.status())),
            6 => Some(Lie::Bytes(self.repeated())),
            7 => Some(match self.byte() {
                0 => Lie::EmptyBuffer,
                size => Lie::NullBuffer(u32::from(size)),
            }),
            _ => None,
        }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.pop_front().unwrap_or(0)
    }

    fn status(&mut self) -> u32 {
        match self.byte() {
            u8::MAX => u32::MAX,
            status => u32::from(status),
        }
    }

    fn repeated(&mut self) -> Vec<u8> {
        let (count, doublings) = (self.byte(), self.byte() & 0b1111);
        let bytes: Vec<u8> = (0..count).map_while(|_| self.bytes.pop_front()).collect();
        (0..doublings).fold(bytes, |bytes, _| [bytes.as_slice(), &bytes].concat())
    }
}

impl Lie {
    /// The status that is said in the place of `honest`.
    pub(crate) fn status(&self, honest: Status) -> u32 {
        match self {
            Self::NotServed(status) | Self::Status(status) => *status,
            Self::Bytes(_) | Self::NullBuffer(_) | Self::EmptyBuffer => honest.number(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lies(bytes: &[u8], count: usize) -> Vec<Option<Lie>> {
        let mut nonsense = Nonsense::new(bytes);
        (0..count).map(|_| nonsense.answer("proxy_log")).collect()
    }

    #[test]
    fn bytes_that_are_used_up_are_the_truth() {
        assert_eq!(lies(&[], 2), [None, None]);
        assert_eq!(lies(&[8, 3], 3), [None, None, None]);
    }

    #[test]
    fn each_lie_has_its_bytes() {
        let bytes = [4, 255, 5, 2, 6, 2, 1, b'a', b'b', 7, 9, 7, 0, 6, 200, 15, b'x'];
        let expected = [
            Lie::NotServed(u32::MAX),
            Lie::Status(2),
            Lie::Bytes(b"abab".to_vec()),
            Lie::NullBuffer(9),
            Lie::EmptyBuffer,
            Lie::Bytes(vec![b'x'; 1 << 15]),
        ];
        assert_eq!(lies(&bytes, 6), expected.map(Some));
    }

    #[test]
    fn a_hostcall_that_is_excepted_takes_no_byte() {
        let mut nonsense = Nonsense::new([4, 1]).except("proxy_log");
        assert_eq!(nonsense.answer("proxy_log"), None);
        let lie = nonsense.answer("proxy_get_property");
        assert_eq!(lie, Some(Lie::NotServed(1)));
        let told = Told {
            hostcall: "proxy_get_property",
            lie: Lie::NotServed(1),
        };
        assert_eq!(nonsense.told(), [told]);
    }
}
