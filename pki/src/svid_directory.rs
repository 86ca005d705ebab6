//! The folder from which Envoy's file-based SDS reads an SVID.
//!
//! ```text
//! svid.pem        -> ..data/svid.pem          the certificate chain
//! svid_key.pem    -> ..data/svid_key.pem      the private key, mode 0600
//! svid_bundle.pem -> ..data/svid_bundle.pem   the trust bundle
//! svid_bundles.json -> ..data/svid_bundles.json   the bundle map of several trust domains, where there is one
//! ..data          -> ..1795000000000000000    the current version
//! ```
//! A certificate and a key that do not belong together are worse than an old pair, and three files cannot be
//! renamed in one step. So each write fills a new version folder and then renames the one link `..data` over
//! the old one: a reader sees all of the old set or all of the new one. It is the scheme by which Kubernetes
//! mounts secrets, and the rename is the move event that Envoy's `watched_directory` waits for.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use crate::file::{PRIVATE_MODE, PUBLIC_MODE, failed, write_new};
use crate::{IssuedLeaf, PkiError};

const CERTIFICATE: &str = "svid.pem";
const PRIVATE_KEY: &str = "svid_key.pem";
const BUNDLE: &str = "svid_bundle.pem";
const BUNDLE_MAP: &str = "svid_bundles.json";
const CURRENT: &str = "..data";

/// A folder with an SVID, its key and the trust bundle, replaced as one set. It has one writer at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SvidDirectory {
    path: PathBuf,
}

impl SvidDirectory {
    /// Names the folder; [`SvidDirectory::write`] creates it.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder itself: what Envoy watches.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The certificate chain, PEM.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path.join(CERTIFICATE)
    }

    /// The private key, PKCS#8 PEM.
    #[must_use]
    pub fn private_key(&self) -> PathBuf {
        self.path.join(PRIVATE_KEY)
    }

    /// The trust bundle, PEM.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.path.join(BUNDLE)
    }

    /// The bundle map of several trust domains, JSON; only a set that was written with one has it.
    #[must_use]
    pub fn bundle_map(&self) -> PathBuf {
        self.path.join(BUNDLE_MAP)
    }

    /// Replaces the whole set at once.
    ///
    /// # Errors
    /// [`PkiError::Io`] if a file, link or folder cannot be written; the previous set then stays in place.
    pub fn write(&self, leaf: &IssuedLeaf, bundle_pem: &str) -> Result<(), PkiError> {
        self.replace(|folder| write_set(folder, leaf, bundle_pem))
    }

    /// Replaces the whole set at once, with a bundle map as [`bundle_map`](crate::bundle_map) makes it.
    ///
    /// # Errors
    /// As [`SvidDirectory::write`].
    pub fn write_federated(
        &self,
        leaf: &IssuedLeaf,
        bundle_pem: &str,
        bundle_map: &serde_json::Value,
    ) -> Result<(), PkiError> {
        self.replace(|folder| {
            write_set(folder, leaf, bundle_pem)?;
            let map = bundle_map.to_string();
            write_new(&folder.join(BUNDLE_MAP), &map, PUBLIC_MODE)?;
            ensure_link(&self.bundle_map(), &Path::new(CURRENT).join(BUNDLE_MAP))
        })
    }

    /// Fills a new version folder, which nobody looks at yet, and makes it the current one. One that does not become it is
    /// removed: a rotation that fails again and again must not leave keys about.
    fn replace(&self, fill: impl FnOnce(&Path) -> Result<(), PkiError>) -> Result<(), PkiError> {
        let version = format!("..{}", OffsetDateTime::now_utc().unix_timestamp_nanos());
        let folder = self.path.join(&version);
        fs::create_dir_all(&folder).map_err(|source| failed("create the folder", &folder, source))?;
        let replaced = fill(&folder).and_then(|()| self.switch_to(&version));
        let is_current = fs::read_link(self.path.join(CURRENT)).is_ok_and(|now| now == Path::new(&version));
        if replaced.is_err() && !is_current {
            // What is told is why the set could not be written.
            drop(fs::remove_dir_all(&folder));
        }
        replaced
    }

    /// The names come first, so that the one rename makes a first version visible as a whole too.
    fn switch_to(&self, version: &str) -> Result<(), PkiError> {
        for name in [CERTIFICATE, PRIVATE_KEY, BUNDLE] {
            ensure_link(&self.path.join(name), &Path::new(CURRENT).join(name))?;
        }
        let current = self.path.join(CURRENT);
        let previous = fs::read_link(&current).ok();
        replace_link(&current, Path::new(version))?;
        previous.map_or(Ok(()), |previous| self.remove(&previous))
    }

    fn remove(&self, version: &Path) -> Result<(), PkiError> {
        let folder = self.path.join(version);
        fs::remove_dir_all(&folder).map_err(|source| failed("remove the folder", &folder, source))
    }
}

/// The three files of a set.
fn write_set(folder: &Path, leaf: &IssuedLeaf, bundle_pem: &str) -> Result<(), PkiError> {
    write_new(&folder.join(CERTIFICATE), &leaf.certificate_pem, PUBLIC_MODE)?;
    write_new(&folder.join(PRIVATE_KEY), &leaf.private_key_pem, PRIVATE_MODE)?;
    write_new(&folder.join(BUNDLE), bundle_pem, PUBLIC_MODE)
}

/// Points `link` at `target`; a rename, which a watcher notices, only if something else stands there.
fn ensure_link(link: &Path, target: &Path) -> Result<(), PkiError> {
    if fs::read_link(link).is_ok_and(|now| now == target) {
        return Ok(());
    }
    match symlink(target, link) {
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => replace_link(link, target),
        result => result.map_err(|source| failed("create the link", link, source)),
    }
}

/// Points `link` at `target` in one step, whatever stood there before.
fn replace_link(link: &Path, target: &Path) -> Result<(), PkiError> {
    let mut temporary = link.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    remove_leftover(&temporary)?;
    symlink(target, &temporary).map_err(|source| failed("create the link", &temporary, source))?;
    fs::rename(&temporary, link).map_err(|source| failed("replace", link, source))
}

/// A writer that was killed between the two steps leaves its temporary link behind.
fn remove_leftover(path: &Path) -> Result<(), PkiError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, source)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;

    static NEXT: AtomicU32 = AtomicU32::new(0);

    /// A folder of its own for each test, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("spiffe-authz-pki-{}-{number}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn numbered(number: u32) -> IssuedLeaf {
        IssuedLeaf {
            certificate_pem: format!("chain {number}"),
            private_key_pem: format!("key {number}"),
        }
    }

    fn read(path: PathBuf) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_write_creates_the_folder_and_the_three_files() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(scratch.0.join("a/b"));
        directory.write(&numbered(1), "bundle 1").unwrap();
        assert_eq!(read(directory.certificate()), "chain 1");
        assert_eq!(read(directory.private_key()), "key 1");
        assert_eq!(read(directory.bundle()), "bundle 1");
    }

    #[test]
    fn a_set_that_cannot_be_written_leaves_the_last_one_and_nothing_else() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(&scratch.0);
        directory.write(&numbered(1), "bundle").unwrap();
        fs::create_dir_all(directory.bundle_map().join("in the way")).unwrap();
        let map = serde_json::json!({"trust_domains": {}});
        assert!(directory.write_federated(&numbered(2), "bundle", &map).is_err());
        assert_eq!(read(directory.certificate()), "chain 1");
        let versions = fs::read_dir(&scratch.0).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("..1")
        });
        assert_eq!(versions.count(), 1);
    }

    #[test]
    fn a_bundle_map_is_part_of_the_set() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(&scratch.0);
        let map = serde_json::json!({"trust_domains": {}});
        directory.write_federated(&numbered(1), "bundle", &map).unwrap();
        assert_eq!(read(directory.bundle_map()), r#"{"trust_domains":{}}"#);
        assert_eq!(read(directory.certificate()), "chain 1");
    }

    #[test]
    fn only_the_owner_can_read_the_key() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(&scratch.0);
        directory.write(&numbered(1), "bundle").unwrap();
        let mode = fs::metadata(directory.private_key())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_write_leaves_nothing_of_the_first() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(&scratch.0);
        directory.write(&numbered(1), "bundle 1").unwrap();
        directory.write(&numbered(2), "bundle 2").unwrap();
        assert_eq!(read(directory.certificate()), "chain 2");
        let entries = fs::read_dir(&scratch.0).unwrap().count();
        assert_eq!(entries, 5, "three names, `..data` and one version");
    }

    #[test]
    fn a_plain_file_in_the_place_of_a_name_is_replaced() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(&scratch.0);
        fs::write(directory.certificate(), "of another tool").unwrap();
        fs::write(scratch.0.join("svid.pem.new"), "a leftover").unwrap();
        directory.write(&numbered(1), "bundle").unwrap();
        assert_eq!(read(directory.certificate()), "chain 1");
    }

    #[test]
    fn a_reader_never_sees_two_versions_in_one_folder() {
        let scratch = Scratch::new();
        let directory = SvidDirectory::new(&scratch.0);
        directory.write(&numbered(0), "bundle").unwrap();
        let done = AtomicBool::new(false);
        let pairs_read = std::thread::scope(|threads| {
            let reader = threads.spawn(|| read_pairs_until(&done, &scratch.0));
            for number in 1..200 {
                directory.write(&numbered(number), "bundle").unwrap();
            }
            done.store(true, Ordering::Relaxed);
            reader.join().unwrap()
        });
        assert!(pairs_read > 0);
    }

    /// Resolves `..data` once, as a reader that wants one version does, and compares what it finds there.
    fn read_pairs_until(done: &AtomicBool, folder: &Path) -> u32 {
        let mut pairs = 0;
        while !done.load(Ordering::Relaxed) {
            let version = folder.join(fs::read_link(folder.join(CURRENT)).unwrap());
            let chain = fs::read_to_string(version.join(CERTIFICATE));
            let key = fs::read_to_string(version.join(PRIVATE_KEY));
            // The version may be gone between the look at the link and the reading; it is never mixed.
            if let (Ok(chain), Ok(key)) = (chain, key) {
                assert_eq!(chain.strip_prefix("chain "), key.strip_prefix("key "));
                pairs += 1;
            }
        }
        pairs
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_named_in_the_error() {
        let scratch = Scratch::new();
        let file = scratch.0.join("file");
        fs::write(&file, "").unwrap();
        let message = SvidDirectory::new(file.join("svid"))
            .write(&numbered(1), "")
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with(&format!("cannot create the folder `{}", file.display())),
            "{message}"
        );
    }
}
