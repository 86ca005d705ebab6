//! What a script can do without a hostcall of the ABI.

use crate::allocator::{self, Allocation};
use crate::numbers;
use crate::shown;
use crate::token::{self, Token};

/// A deed.
pub(crate) enum Deed {
    /// `return pause`: what the callback returns; nothing of it runs afterwards.
    Return(i32),
    /// `trap`: the instruction `unreachable`.
    Trap,
    /// `loop`: for ever.
    Loop,
    /// `recurse`: until the stack is used up.
    Recurse,
    /// `touch 0xfffffff0`: reads a byte there.
    Touch(u32),
    /// `grow 10`: asks for so many pages of memory.
    Grow(usize),
    /// `exit 1`: WASI's `proc_exit`.
    Exit(i32),
    /// `allocate null|wild|trap|well`: what the allocator does when the host asks it.
    Allocate(Allocation),
    /// `poke 0x100 "bytes"`: writes there.
    Poke(u32, Vec<u8>),
    /// `peek 0x100 4`: shows what is there.
    Peek(u32, usize),
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn proc_exit(code: i32);
}

impl Deed {
    /// Reads a deed; `None` where the word is none.
    pub(crate) fn parse(word: &str, rest: &str) -> Result<Option<Self>, String> {
        let number =
            |text: &str| numbers::number(text.trim()).ok_or_else(|| format!("`{text}` is no number"));
        let deed = match word {
            "return" => Self::Return(number(rest)? as i32),
            "trap" => Self::Trap,
            "loop" => Self::Loop,
            "recurse" => Self::Recurse,
            "touch" => Self::Touch(number(rest)? as u32),
            "grow" => Self::Grow(number(rest)? as usize),
            "exit" => Self::Exit(number(rest)? as i32),
            "allocate" => Self::Allocate(Allocation::parse(rest)?),
            "poke" => poke(rest)?,
            "peek" => {
                let (address, length) = rest.split_once(' ').ok_or("`peek address length`")?;
                Self::Peek(number(address)? as u32, number(length)? as usize)
            }
            _ => return Ok(None),
        };
        Ok(Some(deed))
    }

    /// Does it, and says what came of it. What a callback returns is its caller's business.
    pub(crate) fn carry_out(&self) -> String {
        match self {
            Self::Return(_) => String::new(),
            Self::Trap => core::arch::wasm32::unreachable(),
            Self::Loop => endless(),
            Self::Recurse => recurse(1).to_string(),
            Self::Touch(address) => unsafe { pointer(*address).read_volatile() }.to_string(),
            Self::Grow(pages) => match core::arch::wasm32::memory_grow(0, *pages) {
                usize::MAX => "refused".to_owned(),
                _ => "grown".to_owned(),
            },
            Self::Exit(code) => {
                unsafe { proc_exit(*code) };
                "came back".to_owned()
            }
            Self::Allocate(allocation) => {
                allocator::become_so(*allocation);
                "so".to_owned()
            }
            Self::Poke(address, bytes) => {
                let at = pointer(*address).cast_mut();
                (0..)
                    .zip(bytes)
                    .for_each(|(offset, byte)| unsafe { at.wrapping_add(offset).write_volatile(*byte) });
                "written".to_owned()
            }
            Self::Peek(address, length) => {
                let at = pointer(*address);
                let read = |offset| unsafe { at.wrapping_add(offset).read_volatile() };
                shown::bytes(&(0..*length).map(read).collect::<Vec<_>>())
            }
        }
    }
}

fn poke(rest: &str) -> Result<Deed, String> {
    match &token::tokens(rest)?[..] {
        [Token::Text { bytes: address, .. }, Token::Text { bytes, .. }] => {
            let address = String::from_utf8_lossy(address);
            let address = numbers::number(&address).ok_or("`poke address bytes`")?;
            Ok(Deed::Poke(address as u32, bytes.clone()))
        }
        _ => Err("`poke address bytes`".to_owned()),
    }
}

fn pointer(address: u32) -> *const u8 {
    std::ptr::with_exposed_provenance(address as usize)
}

fn endless() -> ! {
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}

/// Each call holds a piece of the stack, so that no compiler makes a loop of it.
#[allow(unconditional_recursion)]
fn recurse(depth: u64) -> u64 {
    let held = std::hint::black_box([depth; 64]);
    recurse(held[0].wrapping_add(1)).wrapping_add(std::hint::black_box(held)[63])
}
