//! The error numbers of WASI as a closed enum.

use std::fmt;

/// The error numbers of WASI that this host answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errno {
    /// Served.
    Success,
    /// `EBADF`: there is no such descriptor.
    BadDescriptor,
    /// `EFAULT`: a pointer or length reaches outside the guest's memory.
    Fault,
    /// `ENOTDIR`: there are no directories.
    NotDirectory,
    /// `EINVAL`: an argument has no meaning here.
    Invalid,
    /// `ENOENT`: there is no such file.
    NoEntry,
    /// `ENOSYS`: the host does not serve this.
    NoSystemCall,
    /// `ENOTSUP`: there is no such clock, or nothing that it could be done to.
    NotSupported,
}

impl Errno {
    /// The number of this value in WASI.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Success => 0,
            Self::BadDescriptor => 8,
            Self::NotDirectory => 20,
            Self::Fault => 21,
            Self::Invalid => 28,
            Self::NoEntry => 44,
            Self::NoSystemCall => 52,
            Self::NotSupported => 58,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::BadDescriptor => "EBADF",
            Self::NotDirectory => "ENOTDIR",
            Self::Fault => "EFAULT",
            Self::Invalid => "EINVAL",
            Self::NoEntry => "ENOENT",
            Self::NoSystemCall => "ENOSYS",
            Self::NotSupported => "ENOTSUP",
        })
    }
}
