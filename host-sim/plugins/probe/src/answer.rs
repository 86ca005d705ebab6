//! Where the host writes its answers, and how they read.

use crate::hostcall::Argument;
use crate::shown;
use crate::state::{self, Value};

/// What a place holds before the host writes: no answer looks like it.
const UNTOUCHED: u64 = 0xdead_beef_dead_beef;

/// The place or the two places of one out argument.
pub(crate) struct Answer {
    argument: Argument,
    places: Box<[u64; 2]>,
}

impl Answer {
    pub(crate) fn new(argument: Argument) -> Self {
        Self {
            argument,
            places: Box::new([UNTOUCHED; 2]),
        }
    }

    /// The words by which the hostcall is told its places.
    pub(crate) fn words(&mut self) -> Vec<i64> {
        let [first, second] = &mut *self.places;
        let address = |place: &mut u64| std::ptr::from_mut(place).expose_provenance() as i64;
        match self.argument {
            Argument::OutBytes | Argument::OutPairs => vec![address(first), address(second)],
            Argument::OutU32 | Argument::OutU64 | Argument::Number | Argument::Bytes => vec![address(first)],
        }
    }

    /// Whether the host wrote anything.
    pub(crate) fn is_written(&self) -> bool {
        self.read() != [UNTOUCHED; 2]
    }

    /// What the host gave.
    pub(crate) fn value(&self) -> Value {
        let [first, second] = self.read();
        match self.argument {
            Argument::OutU64 => Value::Number(first as i64),
            Argument::OutBytes | Argument::OutPairs => given(first as u32, second as u32),
            Argument::OutU32 | Argument::Number | Argument::Bytes => Value::Number(i64::from(first as u32)),
        }
    }

    /// What the host gave, as the log shows it; a number that is stored shows by its name.
    pub(crate) fn shown(&self) -> String {
        match (self.value(), self.argument) {
            (Value::Number(number), _) => state::known_number(number).unwrap_or_else(|| number.to_string()),
            (Value::Bytes(bytes), Argument::OutPairs) => shown::pairs(&bytes),
            (Value::Bytes(bytes), _) => shown::bytes(&bytes),
            (Value::Nowhere(length), _) => format!("null of {length}"),
            (Value::Wild(length), _) => format!("wild of {length}"),
        }
    }

    /// Read as memory that somebody else wrote to.
    fn read(&self) -> [u64; 2] {
        let at = self.places.as_ptr();
        [0, 1].map(|place| unsafe { at.add(place).read_volatile() })
    }
}

fn given(address: u32, length: u32) -> Value {
    let memory = core::arch::wasm32::memory_size(0).saturating_mul(65536);
    if address == 0 {
        return Value::Nowhere(length);
    }
    if (address as usize).saturating_add(length as usize) > memory {
        return Value::Wild(length);
    }
    let at: *const u8 = std::ptr::with_exposed_provenance(address as usize);
    Value::Bytes(unsafe { std::slice::from_raw_parts(at, length as usize) }.to_vec())
}
