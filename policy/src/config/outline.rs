//! [`Outline`]: a plugin configuration whose resources are read later, one after another.

use std::mem;

use crate::config::document::{Document, DocumentError};
use crate::config::elements;
use crate::config::encoded_list::EncodedList;
use crate::config::limits::Limits;
use crate::config::nested::Kept;
use crate::config::protobuf_struct;

/// The field that holds nearly everything.
pub(crate) const RESOURCES: &str = "resources";

/// A plugin configuration that was read without its resources.
///
/// As a tree a document takes ten times the memory of its text: a hundred thousand rules are to be one policy at a time.
pub(crate) struct Outline<'t> {
    document: Document,
    resources: Resources<'t>,
}

/// Where the resources are.
enum Resources<'t> {
    /// In a tree.
    Read(Vec<Document>),
    /// In a JSON text that was found well formed.
    Json(&'t [u8], Limits),
    /// In the wire form of a `Struct` that was found well formed.
    Encoded(EncodedList<'t>),
}

impl<'t> Outline<'t> {
    /// The outline of a document that was read whole.
    pub(crate) fn of(mut document: Document) -> Self {
        let resources = Resources::Read(take_resources(&mut document));
        Self { document, resources }
    }

    /// Reads a plugin configuration as Envoy hands it over, as [`Document::from_plugin_configuration`] does.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn from_plugin_configuration(bytes: &'t [u8], limits: Limits) -> Result<Self, DocumentError> {
        // A `Struct` begins with the byte that is a line feed in text: only what is no JSON can be one.
        Self::from_json(bytes, limits).or_else(|error| Self::from_struct(bytes, limits).unwrap_or(Err(error)))
    }

    fn from_json(bytes: &'t [u8], limits: Limits) -> Result<Self, DocumentError> {
        Ok(Self {
            document: Document::of_json(bytes, limits, Kept::AllButElementsOf(RESOURCES))?,
            resources: Resources::Json(bytes, limits),
        })
    }

    /// `None` where the bytes are no `Struct`.
    fn from_struct(bytes: &'t [u8], limits: Limits) -> Option<Result<Self, DocumentError>> {
        if !protobuf_struct::may_be(bytes, limits) {
            return None;
        }
        if let Some((document, list)) = EncodedList::take(bytes, RESOURCES, limits) {
            let resources = Resources::Encoded(list);
            return Some(Ok(Self { document, resources }));
        }
        protobuf_struct::read(bytes, limits).map(|read| read.map(Self::of))
    }

    /// The fields; of `resources` no element is there.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// Reads each resource, and drops it before the next.
    ///
    /// # Errors
    /// When the bytes are not what they were found to be.
    pub(crate) fn for_each_resource(
        &self,
        mut each: impl FnMut(usize, &Document),
    ) -> Result<(), DocumentError> {
        let is_list = self
            .document
            .field(RESOURCES)
            .and_then(Document::as_list)
            .is_some();
        match &self.resources {
            _ if !is_list => {}
            Resources::Read(resources) => {
                let numbered = resources.iter().enumerate();
                numbered.for_each(|(index, resource)| each(index, resource));
            }
            Resources::Json(bytes, limits) => elements::for_each(bytes, RESOURCES, *limits, &mut each)?,
            Resources::Encoded(list) => list.for_each(&mut each)?,
        }
        Ok(())
    }
}

/// Leaves the list of resources empty; without one there is nothing to take.
fn take_resources(document: &mut Document) -> Vec<Document> {
    let Document::Map(entries) = document else {
        return Vec::new();
    };
    match entries.iter_mut().find(|(name, _)| name == RESOURCES) {
        Some((_, Document::List(resources))) => mem::take(resources),
        Some(_) | None => Vec::new(),
    }
}
