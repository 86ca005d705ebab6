//! The folder in which a development CA lies.
//!
//! ```text
//! ca.pem       the certificate, which is the trust bundle of the trust domain
//! ca_key.pem   the private key, mode 0600
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use crate::file::{self, PRIVATE_MODE, PUBLIC_MODE};
use crate::{DevelopmentCa, PkiError};

const CERTIFICATE: &str = "ca.pem";
const PRIVATE_KEY: &str = "ca_key.pem";

/// A folder with the certificate and the key of one development CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaDirectory {
    path: PathBuf,
}

impl CaDirectory {
    /// Names the folder; [`CaDirectory::create`] makes it.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path.join(CERTIFICATE)
    }

    /// The private key, PKCS#8 PEM.
    #[must_use]
    pub fn private_key(&self) -> PathBuf {
        self.path.join(PRIVATE_KEY)
    }

    /// Writes the CA. A key that is there is never overwritten: what it signed would be orphaned.
    ///
    /// # Errors
    /// [`PkiError::CaExists`] where there is a file of either name, [`PkiError::Io`] for what cannot be written.
    pub fn create(&self, ca: &DevelopmentCa) -> Result<(), PkiError> {
        if let Some(path) = [self.private_key(), self.certificate()]
            .into_iter()
            .find(|path| path.symlink_metadata().is_ok())
        {
            return Err(PkiError::CaExists { path });
        }
        fs::create_dir_all(&self.path)
            .map_err(|source| file::failed("create the folder", &self.path, source))?;
        file::write_new(&self.private_key(), &ca.private_key_pem(), PRIVATE_MODE)?;
        file::write_new(&self.certificate(), ca.certificate_pem(), PUBLIC_MODE)
    }

    /// Reads the CA.
    ///
    /// # Errors
    /// [`PkiError::Io`] for what cannot be read, [`PkiError::NotACa`] for what is not a CA.
    pub fn load(&self) -> Result<DevelopmentCa, PkiError> {
        let (certificate, key) = (read(&self.certificate())?, read(&self.private_key())?);
        DevelopmentCa::from_pem(&certificate, &key).map_err(|reason| PkiError::NotACa {
            path: self.path.clone(),
            reason,
        })
    }
}

fn read(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path).map_err(|source| file::failed("read", path, source))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_ca_is_read_back_from_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let directory = CaDirectory::new(folder.path().join("ca"));
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        directory.create(&ca).unwrap();
        let again = directory.load().unwrap();
        assert_eq!(again.certificate_pem(), ca.certificate_pem());
    }

    #[test]
    fn only_the_owner_can_read_the_key_of_a_ca() {
        let folder = tempfile::tempdir().unwrap();
        let directory = CaDirectory::new(folder.path());
        directory
            .create(&DevelopmentCa::new("cluster.local").unwrap())
            .unwrap();
        let mode = fs::metadata(directory.private_key())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_ca_that_is_there_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let directory = CaDirectory::new(folder.path());
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        directory.create(&ca).unwrap();
        let error = directory
            .create(&DevelopmentCa::new("other").unwrap())
            .unwrap_err();
        assert!(matches!(error, PkiError::CaExists { .. }), "{error}");
        assert_eq!(directory.load().unwrap().trust_domain(), "cluster.local");
    }
}
