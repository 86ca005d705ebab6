//! The only file that touches guest memory: every pointer and length is checked against it first.
//!
//! Whatever numbers a guest gives, the answer is a status or a trap, never a panic; and every byte that crosses
//! is paid for from the callback's host budget.

use std::ops::Range;

use wasmtime::{AsContext, AsContextMut, Caller, Extern, Memory, TypedFunc};

use crate::abi::Status;
use crate::limits::HostBudget;
use crate::nonsense::Lie;
use crate::pairs::{self, Pair};
use crate::trace::event::HostcallEnd;
use crate::trace::notes::{Noted, Notes};
use crate::trace::value::TraceBytes;
use crate::vm::allowed::Allowed;
use crate::vm::state::State;
use crate::vm::trap::{HostTrap, TrapCause};

/// A run of guest bytes as a hostcall names it; it may reach anywhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) pointer: u32,
    pub(crate) length: u32,
}

impl Span {
    pub(crate) const fn new(pointer: u32, length: u32) -> Self {
        Self { pointer, length }
    }

    const fn unread(self) -> Noted {
        let Self { pointer, length } = self;
        Noted::Unread { pointer, length }
    }
}

/// Where a guest wants to be told of a buffer: the addresses for its pointer and for its size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReturnSlot {
    pointer: u32,
    size: u32,
}

impl ReturnSlot {
    pub(crate) const fn new(pointer: u32, size: u32) -> Self {
        Self { pointer, size }
    }
}

/// Why a hostcall was not served.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The guest gets this status and goes on.
    Status(Status),
    /// The callback ends here.
    Trap(wasmtime::Error),
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<HostTrap> for Refusal {
    fn from(trap: HostTrap) -> Self {
        Self::Trap(trap.into())
    }
}

/// The guest that made a hostcall: its memory and the state that the host keeps for it.
pub(crate) struct Guest<'c> {
    caller: Caller<'c, State>,
    memory: Memory,
    /// What it is given in the place of the truth.
    pub(crate) lie: Option<Lie>,
    /// What crosses, in order, by the names of the ABI's parameters; `None` where nobody wants to know.
    pub(crate) notes: Option<Notes>,
}

impl<'c> Guest<'c> {
    /// Takes the caller of a hostcall in, and the hostcall's base price.
    pub(crate) fn enter(mut caller: Caller<'c, State>) -> wasmtime::Result<Self> {
        caller
            .data_mut()
            .budget
            .take(HostBudget::HOSTCALL)
            .map_err(HostTrap::from)?;
        let memory = match caller.data().guest_memory {
            Some(memory) => memory,
            None => exported_memory(&mut caller)?,
        };
        let notes = caller.data().trace.as_ref().map(|trace| trace.notes());
        Ok(Self {
            caller,
            memory,
            lie: None,
            notes,
        })
    }

    pub(crate) fn state(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    /// Notes the numbers that the guest gave.
    pub(crate) fn note_numbers(&mut self, numbers: &[(&'static str, i128)]) {
        for (what, number) in numbers {
            self.note_given(what, || Noted::Number(*number));
        }
    }

    /// Notes what the guest gave, where somebody wants to know.
    fn note_given(&mut self, what: &'static str, noted: impl FnOnce() -> Noted) {
        if let Some(notes) = &mut self.notes {
            notes.given.push((what, noted()));
        }
    }

    /// Notes what the host gave, where somebody wants to know.
    fn note_gave(&mut self, what: &'static str, noted: impl FnOnce() -> Noted) {
        if let Some(notes) = &mut self.notes {
            notes.gave.push((what, noted()));
        }
    }

    /// Says how the hostcall ended, where somebody wants to know.
    pub(crate) fn end_trace(&mut self, end: impl FnOnce() -> HostcallEnd) {
        if let Some(notes) = self.notes.take()
            && let Some(trace) = &mut self.state().trace
        {
            trace.end_hostcall(notes, end());
        }
    }

    /// A copy of the bytes in a span, which are the hostcall's `what`.
    pub(crate) fn read(&mut self, what: &'static str, span: Span) -> Result<Vec<u8>, Refusal> {
        let bytes = self.read_silently(span);
        self.note_given(what, || match &bytes {
            Ok(bytes) => Noted::Bytes(TraceBytes::new(bytes)),
            Err(_) => span.unread(),
        });
        bytes
    }

    /// A copy of the bytes in a span, which nobody wants to know of.
    pub(crate) fn read_silently(&mut self, span: Span) -> Result<Vec<u8>, Refusal> {
        let range = self.range(span.pointer, length_of(span.length)?)?;
        self.pay(range.len())?;
        let data = self.memory.data(self.caller.as_context());
        let bytes = data.get(range).ok_or(Status::InvalidMemoryAccess)?;
        Ok(bytes.to_vec())
    }

    /// The list of pairs in a span; anything else there is a bad argument.
    pub(crate) fn read_pairs(&mut self, what: &'static str, span: Span) -> Result<Vec<Pair>, Refusal> {
        let bytes = self.read(what, span)?;
        let limits = self.state().limits;
        pairs::decode(&bytes, &limits).map_err(|_| Status::BadArgument.into())
    }

    /// Writes the hostcall's `what` to an address.
    pub(crate) fn write(&mut self, what: &'static str, pointer: u32, bytes: &[u8]) -> Result<(), Refusal> {
        self.write_silently(pointer, bytes)?;
        self.note_gave(what, || Noted::Bytes(TraceBytes::new(bytes)));
        Ok(())
    }

    pub(crate) fn write_silently(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Refusal> {
        let range = self.range(pointer, bytes.len())?;
        self.pay(range.len())?;
        self.memory
            .write(self.caller.as_context_mut(), range.start, bytes)
            .map_err(|_| Status::InvalidMemoryAccess.into())
    }

    pub(crate) fn write_u32(&mut self, what: &'static str, pointer: u32, value: u32) -> Result<(), Refusal> {
        let bytes = self.number(value.to_le_bytes());
        self.write_silently(pointer, &bytes)?;
        self.note_gave(what, || Noted::Number(u32::from_le_bytes(bytes).into()));
        Ok(())
    }

    pub(crate) fn write_u64(&mut self, what: &'static str, pointer: u32, value: u64) -> Result<(), Refusal> {
        let bytes = self.number(value.to_le_bytes());
        self.write_silently(pointer, &bytes)?;
        self.note_gave(what, || Noted::Number(u64::from_le_bytes(bytes).into()));
        Ok(())
    }

    /// The bytes of a number, unless others are to be told.
    fn number<const N: usize>(&self, honest: [u8; N]) -> [u8; N] {
        let Some(Lie::Bytes(bytes)) = &self.lie else {
            return honest;
        };
        let mut told = [0; N];
        told.iter_mut().zip(bytes).for_each(|(told, byte)| *told = *byte);
        told
    }

    /// Hands a buffer over: memory from the guest's own allocator, pointer and size written to the slot.
    /// No bytes are a null pointer and size 0, as in Envoy.
    pub(crate) fn give(&mut self, what: &'static str, bytes: &[u8], slot: ReturnSlot) -> Result<(), Refusal> {
        let (pointer, size) = match self.lie.take() {
            Some(Lie::Bytes(bytes)) => self.place(what, &bytes)?,
            Some(Lie::NullBuffer(size)) => (0, size),
            Some(Lie::EmptyBuffer) => (slot.pointer, 0),
            Some(Lie::NotServed(_) | Lie::Status(_)) | None => self.place(what, bytes)?,
        };
        self.write_silently(slot.pointer, &pointer.to_le_bytes())?;
        self.write_silently(slot.size, &size.to_le_bytes())
    }

    /// Hands over what a foreign function gave, if anything: address 0 in place of a slot says that it is not wanted. Unlike
    /// elsewhere, no bytes are an allocation of size 0, as in Envoy.
    pub(crate) fn give_where_wanted(
        &mut self,
        what: &'static str,
        given: Option<&[u8]>,
        slot: ReturnSlot,
    ) -> Result<(), Refusal> {
        let wanted = slot.pointer != 0;
        let (pointer, size) = match (self.lie.take(), given) {
            (Some(Lie::Bytes(bytes)), _) => self.place_if(wanted, what, &bytes)?,
            (Some(Lie::NullBuffer(size)), _) => (0, size),
            (Some(Lie::EmptyBuffer), _) => (slot.pointer, 0),
            (Some(Lie::NotServed(_) | Lie::Status(_)) | None, Some(bytes)) => {
                self.place_if(wanted, what, bytes)?
            }
            (Some(Lie::NotServed(_) | Lie::Status(_)) | None, None) => (0, 0),
        };
        if wanted {
            self.write_silently(slot.pointer, &pointer.to_le_bytes())?;
        }
        if slot.size != 0 {
            self.write_silently(slot.size, &size.to_le_bytes())?;
        }
        Ok(())
    }

    /// Copies bytes into the guest if it wants them; how many there are is told in any case.
    fn place_if(&mut self, wanted: bool, what: &'static str, bytes: &[u8]) -> Result<(u32, u32), Refusal> {
        if wanted {
            return self.allocate_for(what, bytes);
        }
        let size = u32::try_from(bytes.len()).map_err(|_| Status::InvalidMemoryAccess)?;
        self.note_gave(what, || Noted::Bytes(TraceBytes::new(bytes)));
        Ok((0, size))
    }

    /// Copies bytes into the guest; the answer is where they are and how many.
    fn place(&mut self, what: &'static str, bytes: &[u8]) -> Result<(u32, u32), Refusal> {
        if bytes.is_empty() {
            self.note_gave(what, || Noted::Bytes(TraceBytes::new(bytes)));
            return Ok((0, 0));
        }
        self.allocate_for(what, bytes)
    }

    /// The allocator's own hostcalls are few, and about the VM, not about the context of the hostcall that needs the memory. If
    /// it traps there is no memory, and the VM is lost when the callback has returned. All as in Envoy.
    fn call_allocator(&mut self, allocate: &TypedFunc<u32, u32>, size: u32) -> Option<u32> {
        let state = self.state();
        let limits = state.limits;
        let (running, own_context) = (state.running, state.own_context);
        state.running.context = 0;
        state.own_context = 0;
        state.allowed = Allowed::Allocating;
        let result = allocate.call(self.caller.as_context_mut(), size);
        let state = self.state();
        (state.running, state.own_context) = (running, own_context);
        state.allowed = Allowed::All;
        if let Err(error) = &result {
            state
                .allocator_trap
                .get_or_insert_with(|| TrapCause::of(error, &limits));
        }
        result.ok()
    }

    fn allocate_for(&mut self, what: &'static str, bytes: &[u8]) -> Result<(u32, u32), Refusal> {
        let size = u32::try_from(bytes.len()).map_err(|_| Status::InvalidMemoryAccess)?;
        self.note_gave(what, || Noted::Bytes(TraceBytes::new(bytes)));
        let allocate = self
            .state()
            .guest_allocate
            .clone()
            .ok_or(Status::InvalidMemoryAccess)?;
        let pointer = self
            .call_allocator(&allocate, size)
            .ok_or(Status::InvalidMemoryAccess)?;
        if pointer == 0 && size > 0 {
            return Err(Status::InvalidMemoryAccess.into());
        }
        self.write_silently(pointer, bytes)?;
        Ok((pointer, size))
    }

    /// The place of these bytes, if all of them are inside memory.
    fn range(&self, pointer: u32, length: usize) -> Result<Range<usize>, Status> {
        let start = length_of(pointer)?;
        let end = start.checked_add(length).ok_or(Status::InvalidMemoryAccess)?;
        let inside = end <= self.memory.data_size(self.caller.as_context());
        inside.then_some(start..end).ok_or(Status::InvalidMemoryAccess)
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.state()
            .budget
            .take(bytes)
            .map_err(|over| HostTrap::from(over).into())
    }
}

fn length_of(length: u32) -> Result<usize, Status> {
    usize::try_from(length).map_err(|_| Status::InvalidMemoryAccess)
}

/// Only a start section runs before the exports are known.
fn exported_memory(caller: &mut Caller<'_, State>) -> wasmtime::Result<Memory> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| wasmtime::Error::msg("the module exports no memory named `memory`"))
}
