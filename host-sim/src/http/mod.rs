//! HTTP streams.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod deliver;
pub(crate) mod direction;
pub(crate) mod drive;
pub(crate) mod flow;
pub(crate) mod local_reply;
pub(crate) mod message;
pub(crate) mod pass;
pub(crate) mod progress;
pub(crate) mod resume;
pub(crate) mod state;
pub(crate) mod stream;
pub(crate) mod verdict;
