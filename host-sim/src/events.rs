//! One event at a time: what happens to a stream or to a plugin, and then everything that the plugin asked for meanwhile.

use crate::calls;
use crate::http;
use crate::tcp;
use crate::vm::Vm;
use crate::vm::asked::{Asked, Wish};
use crate::vm::roots;
use crate::vm::stream_state::StreamKind;
use crate::vm::trap::Trap;

/// Lets an event happen and carries out what the plugin asked for in its callbacks, in order, as Envoy does when a callback
/// has returned.
///
/// # Errors
/// The trap by which the VM is lost.
pub(crate) fn happen<T>(vm: &mut Vm, event: impl FnOnce(&mut Vm) -> Result<T, Trap>) -> Result<T, Trap> {
    let result = event(vm)?;
    settle(vm)?;
    Ok(result)
}

/// Carries out what was asked for, then tells of gRPC calls that failed in their hostcalls, until there is nothing more.
///
/// # Errors
/// The trap by which the VM is lost.
pub(crate) fn settle(vm: &mut Vm) -> Result<(), Trap> {
    loop {
        while let Some(Asked { context, wish }) = vm.state_mut().asked.pop_front() {
            carry_out(vm, context, wish)?;
        }
        let Some(refused) = vm.state_mut().calls.take_refused() else {
            return Ok(());
        };
        calls::drive::grpc_refused(vm, &refused)?;
    }
}

fn carry_out(vm: &mut Vm, context: u32, wish: Wish) -> Result<(), Trap> {
    match vm.stream(context).map(|stream| &stream.kind) {
        Some(StreamKind::Http(_)) => http::drive::carry_out(vm, context, wish),
        Some(StreamKind::Tcp(_)) => tcp::drive::carry_out(vm, context, &wish),
        None => match wish {
            Wish::Delete => roots::finish(vm, context),
            Wish::Continue(_) | Wish::Close(_) | Wish::Reply(_) => Ok(()),
        },
    }
}
