//! Folders for tests under the system's temporary folder, removed when the test's thread ends.

use std::cell::RefCell;
use std::path::PathBuf;

thread_local! {
    static FOLDERS: RefCell<Vec<Folder>> = const { RefCell::new(Vec::new()) };
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A failed test must show its own message, not that of the tidying up.
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

/// A new empty folder whose name holds `test` and the id of this process.
pub(crate) fn folder(test: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("spiffe-authz-demo-{test}-{}", std::process::id()));
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    std::fs::create_dir_all(&path).unwrap();
    FOLDERS.with_borrow_mut(|folders| folders.push(Folder(path.clone())));
    path
}
