//! Tar archives that depend on nothing but names and contents: no owner, and no time.

use std::io;

use tar::{Builder, EntryType, Header};

const MODE: u32 = 0o644;

/// Files of these names and contents, in this order, as ustar.
///
/// # Errors
/// A name that ustar has no room for.
pub(super) fn archive<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (name, content) in files {
        archive.append(&header(name, content)?, content)?;
    }
    archive.into_inner()
}

fn header(name: &str, content: &[u8]) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_size(u64::try_from(content.len()).map_err(io::Error::other)?);
    header.set_entry_type(EntryType::Regular);
    header.set_mode(MODE);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}
