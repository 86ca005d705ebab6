//! What the VMs of one Envoy process share.

pub(crate) mod data;
pub(crate) mod member;
pub(crate) mod metric_ids;
mod metric_table;
pub(crate) mod metrics;
pub(crate) mod process;
pub(crate) mod queue_ready;
pub(crate) mod queues;
