//! TCP streams.

pub(crate) mod drive;
pub(crate) mod side;
pub(crate) mod state;
pub(crate) mod stream;
