//! Telling root contexts that their queues have something in them.

use crate::events;
use crate::shared::queues::Ready;
use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::trap::Trap;

/// Tells the VM's root contexts of every entry that they have not been told of, oldest first; the answer is how many callbacks
/// ran. Entries that come in meanwhile wait for the next time.
///
/// # Errors
/// The trap by which the VM is lost.
pub(crate) fn deliver(vm: &mut Vm) -> Result<usize, Trap> {
    let mut told: usize = 0;
    for ready in vm.state().member.take_ready() {
        if events::happen(vm, |vm| tell(vm, ready))? {
            told = told.saturating_add(1);
        }
    }
    Ok(told)
}

/// Whether there was somebody to tell: a root context that is gone hears nothing, as in Envoy.
fn tell(vm: &mut Vm, Ready { listener, token }: Ready) -> Result<bool, Trap> {
    match vm.exports.queue_ready.clone() {
        Some(queue_ready) if vm.roots.is_held(listener.root) => {
            let parameters = (listener.root, token);
            vm.call((Callback::QueueReady, listener.root), &queue_ready, parameters)?;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}
