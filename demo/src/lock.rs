//! One command of the demo at a time in one folder. The operating system gives the lock back when its holder
//! ends, however that happens.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The right to start, judge or end the mesh of a folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// No lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another command holds it.
    #[error(
        "another command is at work on the mesh in this folder ({holder}); wait for its end or interrupt it"
    )]
    Busy {
        /// Which one.
        holder: String,
    },
    /// The file cannot be opened, locked or written.
    #[error("cannot lock `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Lock {
    /// Takes the lock for `command`, or says who has it; never waits.
    ///
    /// # Errors
    /// When another command has it, or the file cannot be made.
    pub fn acquire(path: &Path, command: &str) -> Result<Self, LockError> {
        let file_error = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(file_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Busy {
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(file_error(source)),
        }
        sign(&mut file, command).map_err(file_error)?;
        Ok(Self { _file: file })
    }
}

fn sign(file: &mut File, command: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "`{command}`, process {}", std::process::id())
}

/// The holder may not have signed yet.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(length) if length > 0 => text,
        Ok(_) | Err(_) => "it has only just begun".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_command_learns_who_is_at_work() {
        let path = crate::scratch::folder("lock").join("lock");
        let first = Lock::acquire(&path, "run").unwrap();
        let error = Lock::acquire(&path, "down").unwrap_err().to_string();
        assert!(
            error.contains(&format!("`run`, process {}", std::process::id())),
            "{error}"
        );
        drop(first);
        Lock::acquire(&path, "down").unwrap();
    }
}
