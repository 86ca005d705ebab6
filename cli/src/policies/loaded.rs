//! [`Loaded`]: policies as they were read, before they mean anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use spiffe_authz_policy::{ConfigErrors, Document, NativeRbac, PolicySet, StatedConfiguration};

use crate::diagnostics::{Diagnostic, Extent, Report, config_problems};
use crate::failure::Failure;
use crate::policies::MeshArguments;
use crate::policies::assemble::{Assembled, plugin_configuration, with_mesh};
use crate::policies::carrier::Carrier;
use crate::policies::files::files;
use crate::policies::places::Places;
use crate::policies::reader::Reader;
use crate::source::{Located, Node, Part, Source};

/// One plugin configuration, with the texts that it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    document: Document,
    places: Arc<Places>,
    sources: Arc<[Source]>,
    extent: Extent,
}

impl Loaded {
    /// Reads a plugin configuration: the document itself, or a WasmPlugin or TrafficExtension that has it.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn from_configuration(path: &Path, mesh: &MeshArguments) -> Result<Self, Failure> {
        let mut reader = Reader::default();
        let documents = reader.documents(path);
        let configuration = plugin_configuration(documents, path, &mut reader);
        let (sources, extent) = reader.finish()?;
        let (source, mut document, node) = match configuration {
            Some(placed) => (placed.source, placed.document, placed.node),
            // A problem has been noted, or else the file said nothing.
            None => (0, Document::Null, Node::default()),
        };
        let mut places = Places::of_document(source, node);
        places.set_options(with_mesh(&mut document, mesh));
        Ok(Self {
            document,
            places: Arc::new(places),
            sources,
            extent,
        })
    }

    /// Reads Istio documents, from files and folders.
    ///
    /// # Errors
    /// Everything that is wrong with the files, whatever else is in them.
    pub(crate) fn from_istio(paths: &[PathBuf], mesh: &MeshArguments) -> Result<Self, Failure> {
        let mut reader = Reader::default();
        let mut assembled = Assembled::default();
        for path in files(paths)? {
            let documents = reader.documents(&path);
            if documents.is_empty() && paths.contains(&path) {
                reader.note_empty(&path);
            }
            for placed in documents {
                if is_configuration(&placed.document) {
                    reader.note_configuration(&path, &placed);
                } else {
                    assembled.add(placed);
                }
            }
        }
        let (sources, mut extent) = reader.finish()?;
        extent.documents = assembled.documents;
        extent.passed_over = assembled.passed_over;
        let mut document = Document::Map(vec![(
            "resources".to_owned(),
            Document::List(assembled.resources),
        )]);
        let mut places = Places::of_resources(assembled.nodes);
        places.set_options(with_mesh(&mut document, mesh));
        Ok(Self {
            document,
            places: Arc::new(places),
            sources,
            extent,
        })
    }

    /// Reads what lies at a path: a plugin configuration, or Istio documents.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub(crate) fn from_path(path: &Path, mesh: &MeshArguments) -> Result<Self, Failure> {
        if holds_resources(path) {
            Self::from_istio(&[path.to_owned()], mesh)
        } else {
            Self::from_configuration(path, mesh)
        }
    }

    /// Reads the one document of a file that is no configuration, such as policy tests.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn from_document(path: &Path) -> Result<Self, Failure> {
        let mut reader = Reader::default();
        let mut documents = reader.documents(path).into_iter();
        let only = documents.next();
        match (&only, documents.next()) {
            (None, _) => reader.note_no_document(path),
            (Some(_), Some(second)) => reader.note_second_document(path, &second),
            (Some(_), None) => {}
        }
        let (sources, extent) = reader.finish()?;
        let (document, node) = only
            .map(|placed| (placed.document, placed.node))
            .unwrap_or((Document::Null, Node::default()));
        Ok(Self {
            document,
            places: Arc::new(Places::of_document(0, node)),
            sources,
            extent,
        })
    }

    /// The plugin configuration that stands in a field of a field of the document.
    pub(crate) fn configuration_in(&self, fields: [&str; 2], mesh: &MeshArguments) -> Option<Self> {
        let (mut places, document) = self.places.below(&self.document, fields)?;
        let mut document = document.clone();
        places.set_options(with_mesh(&mut document, mesh));
        Some(Self {
            document,
            places: Arc::new(places),
            sources: Arc::clone(&self.sources),
            extent: self.extent.clone(),
        })
    }

    /// The plugin configuration.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// Where a place of the configuration, such as `resources[0].spec`, stands.
    pub(crate) fn locate(&self, place: &str, part: Part) -> Located {
        self.places.locate(&self.document, place, part, 0)
    }

    /// The texts that it was read from.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The places of the configuration.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// The policies of the guarded workload, compiled by the engine.
    ///
    /// # Errors
    /// Every problem of the configuration; one of them is a workload that is named nowhere.
    pub(crate) fn policy_set(&self) -> Result<PolicySet, Failure> {
        PolicySet::from_document(&self.document, None).map_err(|errors| self.invalid(&errors))
    }

    /// What the configuration says, for whatever workload.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub(crate) fn stated(&self) -> Result<StatedConfiguration, Failure> {
        StatedConfiguration::read(&self.document).map_err(|errors| self.invalid(&errors))
    }

    /// The failure that tells what the engine says of this configuration.
    pub(crate) fn invalid(&self, errors: &ConfigErrors) -> Failure {
        Failure::Invalid(Box::new(self.report(config_problems(self, errors))))
    }

    /// Problems of this configuration, ready to be shown.
    pub(crate) fn report(&self, diagnostics: Vec<Diagnostic>) -> Report {
        Report::new(Arc::clone(&self.sources), diagnostics, self.extent.clone())
    }

    /// The policies of the guarded workload as native RBAC.
    ///
    /// # Errors
    /// Every problem of the configuration, and everything in it that native RBAC cannot say.
    pub(crate) fn native_rbac(&self) -> Result<NativeRbac, Failure> {
        NativeRbac::render(&self.document, None).map_err(|errors| self.invalid(&errors))
    }
}

/// Whether Istio documents lie at a path, which `--file` takes; else it is a plugin configuration, which `--config` takes.
pub(crate) fn holds_resources(path: &Path) -> bool {
    path.is_dir()
        || Reader::default()
            .documents(path)
            .iter()
            .all(|placed| is_resource(&placed.document))
}

/// Whether it is a plugin configuration, which says nowhere what it is.
fn is_configuration(document: &Document) -> bool {
    document.field("kind").is_none() && document.field("resources").is_some()
}

/// Whether it is a Kubernetes resource other than those that carry a plugin configuration.
fn is_resource(document: &Document) -> bool {
    document
        .field("kind")
        .is_some_and(|kind| kind.as_text().is_none_or(|kind| Carrier::of_kind(kind).is_none()))
}
