//! HTTP streams.

pub(crate) mod direction;
pub(crate) mod drive;
pub(crate) mod local_reply;
pub(crate) mod state;
pub(crate) mod stream;
