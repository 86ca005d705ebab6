//! [`Loaded`]: policies as they were read, before they mean anything.

use std::path::{Path, PathBuf};

use spiffe_authz_policy::{Document, PolicySet, StatedConfiguration};

use crate::failure::Failure;
use crate::policies::MeshArguments;
use crate::policies::assemble::{with_mesh, with_resources};
use crate::policies::files::files;
use crate::policies::text::{read_all, read_one};

/// One plugin configuration.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    document: Document,
    /// What the configuration was read from, for messages.
    origin: PathBuf,
}

impl Loaded {
    /// Reads a plugin configuration.
    pub(crate) fn from_configuration(path: &Path, mesh: &MeshArguments) -> Result<Self, Failure> {
        Ok(Self {
            document: with_mesh(read_one(path)?, mesh),
            origin: path.to_owned(),
        })
    }

    /// Reads Istio documents, from files and folders.
    pub(crate) fn from_istio(paths: &[PathBuf], mesh: &MeshArguments) -> Result<Self, Failure> {
        let mut resources = Vec::new();
        for path in files(paths)? {
            resources.extend(read_all(&path)?);
        }
        Ok(Self {
            document: with_mesh(with_resources(resources), mesh),
            origin: paths.first().cloned().unwrap_or_default(),
        })
    }

    /// Reads what lies at a path: a plugin configuration, or Istio documents.
    pub(crate) fn from_path(path: &Path, mesh: &MeshArguments) -> Result<Self, Failure> {
        if path.is_dir()
            || read_all(path)?
                .iter()
                .all(|document| document.field("kind").is_some())
        {
            Self::from_istio(&[path.to_owned()], mesh)
        } else {
            Self::from_configuration(path, mesh)
        }
    }

    /// The plugin configuration.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// The policies of the guarded workload, compiled by the engine.
    ///
    /// # Errors
    /// Every problem of the configuration; one of them is a workload that is named nowhere.
    pub(crate) fn policy_set(&self) -> Result<PolicySet, Failure> {
        PolicySet::from_document(&self.document, None).map_err(|errors| self.invalid(errors))
    }

    /// What the configuration says, for whatever workload.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub(crate) fn stated(&self) -> Result<StatedConfiguration, Failure> {
        StatedConfiguration::read(&self.document).map_err(|errors| self.invalid(errors))
    }

    fn invalid(&self, errors: spiffe_authz_policy::ConfigErrors) -> Failure {
        Failure::Invalid {
            path: self.origin.clone(),
            errors,
        }
    }
}
