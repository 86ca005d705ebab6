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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const LIMITS: fn() -> Limits = Limits::default;

    fn json(text: &str) -> Outline<'_> {
        Outline::from_plugin_configuration(text.as_bytes(), LIMITS()).unwrap()
    }

    fn read(text: &str) -> Document {
        Document::from_json(text.as_bytes(), LIMITS()).unwrap()
    }

    fn resources(outline: &Outline<'_>) -> Vec<(usize, Document)> {
        let mut resources = Vec::new();
        let each = |index, resource: &Document| resources.push((index, resource.clone()));
        outline.for_each_resource(each).unwrap();
        resources
    }

    #[test]
    fn text_and_tree_have_one_outline_and_the_same_resources() {
        for text in [
            r#"{"a": [1, {"resources": [2]}], "resources": [{"b": ["c", null]}, 3, []], "d": {"e": false}}"#,
            r#"{"resources": []}"#,
            r#"{"resources": null}"#,
            r#"{"resources": {"a": [1]}}"#,
            r#"{"res\u006furces": [1, 2]}"#,
            r#"{"resources": null, "resources": [1]}"#,
            r#"{"resources": [1], "resources": [2, 3]}"#,
            r#"{"a": 1}"#,
            "{}",
            "[[1]]",
            "null",
        ] {
            let (of_text, of_tree) = (json(text), Outline::of(read(text)));
            assert_eq!(resources(&of_text), resources(&of_tree), "{text}");
            let first = |outline: &Outline<'_>| outline.document().field(RESOURCES).cloned();
            assert_eq!(first(&of_text), first(&of_tree), "{text}");
        }
    }

    #[test]
    fn an_outline_has_everything_but_the_resources() {
        let outline = json(r#"{"a": [1], "resources": [{"b": "c"}, 2], "d": 3}"#);
        assert_eq!(
            *outline.document(),
            read(r#"{"a": [1], "resources": [], "d": 3}"#)
        );
        let expected = [(0, read(r#"{"b": "c"}"#)), (1, read("2"))];
        assert_eq!(resources(&outline), expected);
    }

    #[test]
    fn what_is_wrong_within_a_resource_is_told_with_line_and_column_as_of_the_whole_text() {
        let nested = format!("{{\"resources\":\n[{}{}]}}", "[".repeat(63), "]".repeat(63));
        for text in [
            "{\"resources\":\n[1, {\"a\": }]}",
            "{\"resources\":\n[\"\\ud800\"]}",
            "{\"resources\":\n[1e999]}",
            "{\"resources\":\n[1]} x",
            &nested,
        ] {
            let whole = Document::from_json(text.as_bytes(), LIMITS()).unwrap_err();
            let outline = Outline::from_plugin_configuration(text.as_bytes(), LIMITS());
            assert_eq!(outline.err(), Some(whole), "{text}");
        }
    }

    #[test]
    fn a_resource_may_nest_as_deeply_as_in_the_whole_document() {
        let text = format!("{{\"resources\": [{}{}]}}", "[".repeat(62), "]".repeat(62));
        assert_eq!(resources(&json(&text)).len(), 1);
    }
}
