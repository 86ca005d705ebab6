//! The schemas agree with the reader: field by field, and on every configuration of the corpus.
#![allow(clippy::wildcard_enum_match_arm, reason = "a failed test panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use spiffe_authz_policy::{ConfigErrorKind, Document, Limits, PolicySet, StatedConfiguration};

use super::{Kind, text};

fn schema(kind: Kind) -> Value {
    serde_json::from_str(&text(kind)).unwrap()
}

/// A step from a document to what stands in it.
#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Element,
    /// Into a map whose `kind` is this.
    OfKind(String),
}

/// Every map with fixed fields: the way to it, and the names.
fn levels(schema: &Value, way: &[Step]) -> Vec<(Vec<Step>, BTreeSet<String>)> {
    let mut found = Vec::new();
    let then = |step: Step| [way, &[step]].concat();
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            found.push((way.to_vec(), properties.keys().cloned().collect()));
        }
        for (name, field) in properties {
            found.extend(levels(field, &then(Step::Field(name.clone()))));
        }
    }
    if let Some(items) = schema.get("items") {
        found.extend(levels(items, &then(Step::Element)));
    }
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|values| values.is_object())
    {
        // The one map with fields under any key is of ports.
        found.extend(levels(values, &then(Step::Field("8080".to_owned()))));
    }
    for branch in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let kind = branch["if"]["properties"]["kind"]["const"].as_str().unwrap();
        found.extend(levels(&branch["then"], &then(Step::OfKind(kind.to_owned()))));
    }
    found
}

/// A document with this value at the end of a way.
fn document(way: &[Step], leaf: Value) -> Value {
    way.iter().rev().fold(leaf, |inner, step| match step {
        Step::Field(name) => json!({name: inner}),
        Step::Element => json!([inner]),
        Step::OfKind(kind) => {
            let mut map = inner.as_object().cloned().unwrap_or_else(Map::new);
            map.insert("kind".to_owned(), json!(kind));
            Value::Object(map)
        }
    })
}

/// The fields that the reader knows in the map at the end of a way: it names them when it meets another.
fn known(way: &[Step]) -> BTreeSet<String> {
    let text = document(way, json!({"bogusField": 1})).to_string();
    let document = Document::from_json(text.as_bytes(), Limits::default()).unwrap();
    let errors = StatedConfiguration::read(&document).unwrap_err();
    let expected = errors.iter().find_map(|error| match &error.kind {
        ConfigErrorKind::UnknownField { expected } if error.at.ends_with("bogusField") => {
            Some(expected.clone())
        }
        _ => None,
    });
    let expected =
        expected.unwrap_or_else(|| panic!("{way:?} is read as a map with fixed fields:\n{errors}"));
    expected.into_iter().map(str::to_owned).collect()
}

fn plugin_levels() -> Vec<(Vec<Step>, BTreeSet<String>)> {
    levels(&schema(Kind::PluginConfiguration), &[])
}

#[test]
fn every_field_that_the_reader_knows_is_in_the_schema_and_no_other() {
    let levels = plugin_levels();
    assert!(levels.len() > 20, "{} maps", levels.len());
    for (way, names) in levels {
        // Which kind a document has, decides what its spec is; the rest is the same.
        let probed = if ends_in_resource(&way) {
            [&way[..], &[Step::OfKind("PeerAuthentication".to_owned())]].concat()
        } else {
            way.clone()
        };
        assert_eq!(names, known(&probed), "{way:?}");
    }
}

fn ends_in_resource(way: &[Step]) -> bool {
    matches!(way, [Step::Field(resources), Step::Element] if resources == "resources")
}

#[test]
fn every_field_of_the_schema_is_described() {
    fn check(schema: &Value, way: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, field) in properties.into_iter().flatten() {
            let is_condition = field.get("const").is_some() && way.ends_with("if");
            assert!(
                is_condition || field.get("description").is_some() || name == "spec",
                "{way}.{name}"
            );
        }
        let parts = schema.as_object().into_iter().flatten();
        for (name, part) in parts {
            match part {
                Value::Object(_) => check(part, &format!("{way}.{name}")),
                Value::Array(parts) => parts
                    .iter()
                    .for_each(|part| check(part, &format!("{way}.{name}"))),
                _ => {}
            }
        }
    }
    check(&schema(Kind::PluginConfiguration), "");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// YAML as JSON; keys that are numbers become text, as Kubernetes stores them.
fn yaml(text: &str) -> Document {
    serde_saphyr::from_str(text).unwrap()
}

fn to_json(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => json!(value),
        Document::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| json!(number)),
        Document::String(text) => json!(text),
        Document::List(items) => items.iter().map(to_json).collect(),
        Document::Map(entries) => {
            let entries = entries.iter().map(|(name, value)| (name.clone(), to_json(value)));
            Value::Object(entries.collect())
        }
    }
}

/// What of a file of the corpus is of interest here.
#[derive(serde::Deserialize)]
struct CorpusFile {
    config: Document,
}

/// The configurations of the corpus, by file.
fn corpus() -> BTreeMap<PathBuf, Document> {
    let folder = root().join("tests/corpus");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let yaml_files = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml_files
        .map(|path| {
            let file: CorpusFile = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            (path, file.config)
        })
        .collect()
}

#[test]
fn every_configuration_of_the_corpus_that_loads_fits_the_schema() {
    let validator = jsonschema::draft202012::new(&schema(Kind::PluginConfiguration)).unwrap();
    let mut loaded: u32 = 0;
    for (path, document) in corpus() {
        if StatedConfiguration::read(&document).is_err() {
            continue;
        }
        loaded += 1;
        let configuration = to_json(&document);
        let problems: Vec<String> = validator
            .iter_errors(&configuration)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
    }
    assert!(loaded > 300, "{loaded} configurations");
}

#[test]
fn what_the_reader_does_not_know_does_not_fit_the_schema() {
    let validator = jsonschema::draft202012::new(&schema(Kind::PluginConfiguration)).unwrap();
    for (way, _) in plugin_levels() {
        let document = document(&way, json!({"bogusField": 1}));
        assert!(!validator.is_valid(&document), "{document}");
    }
}

#[test]
fn each_document_of_a_configuration_fits_the_schema_of_istio_documents() {
    let validator = jsonschema::draft202012::new(&schema(Kind::Istio)).unwrap();
    let orders = yaml(&std::fs::read_to_string(root().join("docs/cli/examples/orders.yaml")).unwrap());
    let resources = to_json(&orders)["resources"].clone();
    for resource in resources.as_array().unwrap() {
        assert!(validator.is_valid(resource), "{resource}");
    }
    assert!(!validator.is_valid(&json!({"kind": "AuthorizationPolicy"})));
}

/// The blocks of YAML of a page.
fn yaml_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == "```yaml" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// A block is a whole configuration, or the documents of one; what is missing for one is put around it.
fn configuration_of(block: &str) -> Document {
    let documents: Vec<Document> = serde_saphyr::from_multiple(block).unwrap();
    let mut entries = Vec::new();
    let mut resources = Vec::new();
    for document in documents {
        match document {
            document if document.field("kind").is_some() => resources.push(document),
            Document::Map(fields) => entries.extend(fields),
            other => panic!("neither a document nor a configuration: {other:?}"),
        }
    }
    let has = |entries: &[(String, Document)], name: &str| entries.iter().any(|(field, _)| field == name);
    if !has(&entries, "resources") {
        entries.push(("resources".to_owned(), Document::List(resources)));
    }
    if !has(&entries, "workload") {
        entries.push((
            "workload".to_owned(),
            yaml("{namespace: shop, labels: {app: orders}}"),
        ));
    }
    Document::Map(entries)
}

fn reference() -> String {
    std::fs::read_to_string(root().join("docs/policy-reference.md")).unwrap()
}

#[test]
fn every_example_of_the_policy_reference_loads_and_fits_the_schema() {
    let validator = jsonschema::draft202012::new(&schema(Kind::PluginConfiguration)).unwrap();
    let blocks = yaml_blocks(&reference());
    assert!(blocks.len() > 40, "{} examples", blocks.len());
    for block in blocks {
        let document = configuration_of(&block);
        let loaded = PolicySet::from_document(&document, None);
        assert!(loaded.is_ok(), "{block}\n{}", loaded.err().unwrap());
        let problems: Vec<String> = validator
            .iter_errors(&to_json(&document))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{block}\n{problems:#?}");
    }
}

#[test]
fn every_field_of_the_schema_has_an_entry_in_the_policy_reference() {
    let page = reference();
    for (way, names) in plugin_levels() {
        for name in names {
            assert!(
                page.contains(&format!("`{name}`")),
                "{name} of {way:?} has no entry"
            );
        }
    }
}

#[test]
fn every_field_that_is_looked_at_stands_in_an_example_of_the_policy_reference() {
    let examples = yaml_blocks(&reference()).join("\n");
    for (way, names) in plugin_levels() {
        let is_metadata = matches!(way.last(), Some(Step::Field(name)) if name == "metadata");
        let looked_at = |name: &&String| {
            let read = ["name", "namespace", "creationTimestamp", "annotations"];
            **name != "status" && (!is_metadata || read.contains(&name.as_str()))
        };
        for name in names.iter().filter(looked_at) {
            assert!(
                examples.contains(&format!("{name}:")),
                "{name} of {way:?} is in no example"
            );
        }
    }
}
