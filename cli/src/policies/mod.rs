//! Policies from files: a plugin configuration, or Istio documents as they lie in a repository.

mod arguments;
mod assemble;
mod carrier;
mod files;
mod loaded;
mod places;
mod reader;

pub(crate) use arguments::{CustomName, MeshArguments, PolicyArguments, ProfileName};
pub(crate) use assemble::document_of;
pub(crate) use loaded::{Loaded, holds_resources};
