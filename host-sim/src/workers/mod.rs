//! Several VMs of one plugin, as Envoy has them: one that tries each configuration first, one on the main thread, and one for
//! each worker; and what the client sees where a VM fails.

pub(crate) mod count;
pub(crate) mod group;
pub(crate) mod policy;
mod reload;
mod seat;
pub(crate) mod served;
pub(crate) mod stream;
pub(crate) mod tcp_stream;
mod vm_key;
