//! What the targets that run the host share: the ABI as a guest declares it, and one way through a plugin's life.

pub(crate) mod abi;
pub(crate) mod life;
