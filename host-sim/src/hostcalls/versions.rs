//! What modules of each version of the ABI are linked with.

use wasmtime::Engine;

use super::{HostLinker, abi_0_1_0, linker, log, stream};
use crate::abi_version::AbiVersion;

/// A linker for each version.
pub(crate) struct Linkers {
    v0_1_0: HostLinker,
    v0_2_0: HostLinker,
    v0_2_1: HostLinker,
}

impl Linkers {
    pub(crate) fn new(engine: &Engine) -> wasmtime::Result<Self> {
        Ok(Self {
            v0_1_0: linker(engine, AbiVersion::V0_1_0)?,
            v0_2_0: linker(engine, AbiVersion::V0_2_0)?,
            v0_2_1: linker(engine, AbiVersion::V0_2_1)?,
        })
    }

    pub(crate) const fn of(&self, version: AbiVersion) -> &HostLinker {
        match version {
            AbiVersion::V0_1_0 => &self.v0_1_0,
            AbiVersion::V0_2_0 => &self.v0_2_0,
            AbiVersion::V0_2_1 => &self.v0_2_1,
        }
    }
}

/// Links the hostcalls that not every version has.
pub(super) fn link(linker: &mut HostLinker, version: AbiVersion) -> wasmtime::Result<()> {
    match version {
        AbiVersion::V0_1_0 => abi_0_1_0::link(linker),
        AbiVersion::V0_2_0 => stream::link(linker),
        AbiVersion::V0_2_1 => {
            stream::link(linker)?;
            log::link_level(linker)
        }
    }
}
