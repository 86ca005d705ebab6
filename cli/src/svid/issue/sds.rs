//! The SDS documents by which Envoy finds an SVID and its trust bundle.

use std::path::{Path, PathBuf};

use spiffe_authz_envoy_config::FilePath;
use spiffe_authz_envoy_config::sds::{SvidPaths, TrustBundle};
use spiffe_authz_pki::SvidDirectory;

use crate::failure::Failure;
use crate::svid::issue::Arguments;

const SVID: &str = "svid.sds.json";
const TRUST_BUNDLE: &str = "trust-bundle.sds.json";

/// Writes both documents beside the SVID; those that say the same already are left alone.
pub(crate) fn write(
    arguments: &Arguments,
    directory: &SvidDirectory,
    is_federated: bool,
) -> Result<(), Failure> {
    let paths = paths(&root(arguments)?, is_federated)?;
    for (document, name) in paths.sds_documents().iter().zip([SVID, TRUST_BUNDLE]) {
        replace(
            &directory.path().join(name),
            &format!("{:#}\n", document.document),
        )?;
    }
    Ok(())
}

/// The folder as Envoy opens it: absolute, since Envoy's own folder is another.
fn root(arguments: &Arguments) -> Result<PathBuf, Failure> {
    let folder = arguments.sds_root.as_deref().unwrap_or(&arguments.out);
    std::path::absolute(folder).map_err(|reason| Failure::Unreadable {
        path: folder.to_owned(),
        reason,
    })
}

fn paths(root: &Path, is_federated: bool) -> Result<SvidPaths, Failure> {
    let file = |path: PathBuf| FilePath::new(path).map_err(|error| Failure::Use(error.to_string()));
    let seen = SvidDirectory::new(root);
    Ok(SvidPaths {
        svid_sds: file(root.join(SVID))?,
        trust_bundle_sds: file(root.join(TRUST_BUNDLE))?,
        certificate: file(seen.certificate())?,
        private_key: file(seen.private_key())?,
        trust_bundle: if is_federated {
            TrustBundle::PerTrustDomain(file(seen.bundle_map())?)
        } else {
            TrustBundle::OneForAll(file(seen.bundle())?)
        },
        watched_directory: file(root.to_owned())?,
    })
}

/// In one step: Envoy may be reading it.
fn replace(path: &Path, content: &str) -> Result<(), Failure> {
    if std::fs::read_to_string(path).is_ok_and(|now| now == content) {
        return Ok(());
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    let written = std::fs::write(&temporary, content).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|reason| Failure::Unwritten {
        path: path.to_owned(),
        reason,
    })
}
