//! Where the host gets memory for what it gives: well behaved until a script says otherwise.

use std::cell::Cell;

/// What the host is given.
#[derive(Clone, Copy)]
pub(crate) enum Allocation {
    Well,
    Null,
    Wild,
    Trap,
}

thread_local! {
    static NOW: Cell<Allocation> = const { Cell::new(Allocation::Well) };
}

/// An address near the end of what 32 bits can name.
const WILD: u32 = 0xffff_fff0;

impl Allocation {
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word.trim() {
            "well" => Ok(Self::Well),
            "null" => Ok(Self::Null),
            "wild" => Ok(Self::Wild),
            "trap" => Ok(Self::Trap),
            other => Err(format!("`{other}` is no way to allocate")),
        }
    }
}

/// Sets what the host is given from now on.
pub(crate) fn become_so(allocation: Allocation) {
    NOW.set(allocation);
}

/// The memory is never freed: a script is short.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: u32) -> u32 {
    match NOW.get() {
        Allocation::Well => allocate(size),
        Allocation::Null => 0,
        Allocation::Wild => WILD,
        Allocation::Trap => core::arch::wasm32::unreachable(),
    }
}

fn allocate(size: u32) -> u32 {
    let memory: &'static mut [u8] = vec![0; size.max(1) as usize].leak();
    memory.as_ptr().expose_provenance() as u32
}
