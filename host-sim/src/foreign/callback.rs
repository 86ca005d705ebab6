//! Calling a plugin back.

use crate::events;
use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::trap::Trap;

/// Calls `proxy_on_foreign_function` in a root context, with these arguments to read.
///
/// # Errors
/// The trap by which the VM is lost.
pub(crate) fn call(vm: &mut Vm, root: u32, function: u32, arguments: Vec<u8>) -> Result<(), Trap> {
    let Some(callback) = vm.exports.foreign_function.clone() else {
        return Ok(());
    };
    // A guest of 32 bits cannot take a buffer of 4 GiB or more; its size then reads as the largest number.
    let size = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
    vm.state_mut().call_data = Some(arguments);
    let parameters = (root, function, size);
    let result = events::happen(vm, |vm| {
        vm.call((Callback::ForeignFunction, root), &callback, parameters)
    });
    vm.state_mut().call_data = None;
    result
}
