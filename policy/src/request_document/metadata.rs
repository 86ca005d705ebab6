//! `metadata` and `jwt` of a request document: the proxy's dynamic metadata.

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, wrong_kind};
use crate::jwt::{JWT_NAMESPACE, JWT_PAYLOAD};

/// The claims that Istio has Envoy's jwt_authn split at spaces (S-7).
const SPACE_DELIMITED: [&str; 2] = ["scope", "permission"];

type Entries = Vec<(String, Document)>;

/// Both fields as one: a map of namespaces to maps.
pub(crate) fn read(
    fields: &mut Fields<'_, '_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<Document> {
    let metadata = fields.optional("metadata", problems, read_namespaces);
    let claims = fields.optional("jwt", problems, read_claims);
    let Some(claims) = claims else {
        return metadata.map(Document::Map);
    };
    let mut metadata = metadata.unwrap_or_default();
    if !add_payload(&mut metadata, claims) {
        let why = "`metadata` has the claims of a token as well";
        problems.add(&at.field("jwt"), ConfigErrorKind::Conflict(why));
    }
    Some(Document::Map(metadata))
}

/// Whether the claims found their place free.
fn add_payload(metadata: &mut Entries, claims: Document) -> bool {
    let payload = (JWT_PAYLOAD.to_owned(), claims);
    let namespace = metadata.iter_mut().find(|(name, _)| name == JWT_NAMESPACE);
    match namespace {
        None => metadata.push((JWT_NAMESPACE.to_owned(), Document::Map(vec![payload]))),
        Some((_, Document::Map(entries))) if entries.iter().all(|(key, _)| key != JWT_PAYLOAD) => {
            entries.push(payload);
        }
        Some(_) => return false,
    }
    true
}

fn read_namespaces(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Entries> {
    let namespaces = read_map(document, at, problems)?;
    for (name, namespace) in &namespaces {
        read_map(namespace, &at.field(name), problems);
    }
    Some(namespaces)
}

fn read_claims(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Document> {
    let split = |(name, claim): (String, Document)| {
        let text = claim
            .as_text()
            .filter(|_| SPACE_DELIMITED.contains(&name.as_str()));
        let words = text.map(|text| text.split(' ').filter(|word| !word.is_empty()));
        let list = words.map(|words| words.map(|word| Document::String(word.to_owned())).collect());
        let claim = list.map_or_else(|| claim.clone(), Document::List);
        (name, claim)
    };
    let claims = read_map(document, at, problems)?;
    Some(Document::Map(claims.into_iter().map(split).collect()))
}

fn read_map(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Entries> {
    let Document::Map(entries) = document else {
        wrong_kind(document, at, "a map", problems);
        return None;
    };
    for (index, (name, _)) in entries.iter().enumerate() {
        if entries.iter().take(index).any(|(earlier, _)| earlier == name) {
            problems.add(&at.field(name), ConfigErrorKind::DuplicateField);
        }
    }
    Some(entries.clone())
}

#[cfg(test)]
mod tests {
    use crate::config::document::Document;
    use crate::config::limits::Limits;
    use crate::request_document::RequestDocument;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn metadata(json: &str) -> Document {
        let document = RequestDocument::from_json(json.as_bytes()).unwrap();
        document.metadata().unwrap().clone()
    }

    fn document(json: &str) -> Document {
        Document::from_json(json.as_bytes(), Limits::default()).unwrap()
    }

    #[test]
    fn a_jwt_is_metadata_of_the_jwt_filter() {
        assert_eq!(
            metadata(r#"{"jwt": {"iss": "i"}, "metadata": {"envoy.filters.http.foo": {"k": 1}}}"#),
            document(
                r#"{"envoy.filters.http.foo": {"k": 1}, "envoy.filters.http.jwt_authn": {"payload": {"iss": "i"}}}"#
            )
        );
    }

    #[test]
    fn scope_and_permission_are_split_at_spaces() {
        assert_eq!(
            metadata(r#"{"jwt": {"scope": "a  b", "permission": ["c d"], "groups": "e f"}}"#),
            document(
                r#"{"envoy.filters.http.jwt_authn": {"payload": {"scope": ["a", "b"], "permission": ["c d"], "groups": "e f"}}}"#
            )
        );
    }
}
