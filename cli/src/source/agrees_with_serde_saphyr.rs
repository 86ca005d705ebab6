//! The YAML of this command is that of the library that the tests of all rooms read theirs with, but for what is named here.
#![allow(clippy::arithmetic_side_effects, reason = "a failed test panics")]

use std::path::{Path, PathBuf};

use spiffe_authz_policy::Document;

use crate::source::read;

/// What both make of a text, where both can read it.
fn both(text: &str) -> (Vec<Document>, Vec<Document>) {
    let reading = read(text);
    assert_eq!(reading.errors, [], "{text}");
    let own = reading.documents.into_iter().map(|(document, _)| document);
    let theirs = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    // Neither an empty text nor an empty document is one for them; the reader of files leaves them out here.
    let is_something = |document: &Document| *document != Document::Null;
    (own.filter(is_something).collect(), theirs)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of a folder with this ending.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|own| own == ending))
        .collect()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The blocks of YAML of a page.
fn blocks(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("```yaml\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap())
}

fn assert_alike(texts: impl Iterator<Item = String>, at_least: usize) {
    let mut count = 0;
    for text in texts {
        let (own, theirs) = both(&text);
        assert_eq!(own, theirs, "{text}");
        count += own.len();
    }
    assert!(count >= at_least, "{count}");
}

#[test]
fn every_file_of_the_corpus_is_read_alike() {
    // In two of them a claim is named as a boolean is: see the last test.
    let quoted = |path: &PathBuf| text(path).replace("{n: ", "{'n': ");
    assert_alike(files("tests/corpus", "yaml").iter().map(quoted), 100);
}

#[test]
fn every_example_of_the_verbs_is_read_alike() {
    assert_alike(
        files("docs/cli/examples", "yaml").iter().map(|path| text(path)),
        6,
    );
}

#[test]
fn every_example_of_the_pages_is_read_alike() {
    for (folder, at_least) in [("docs/lints", 110), ("docs/cli", 1), ("docs", 1)] {
        let pages: Vec<String> = files(folder, "md").iter().map(|path| text(path)).collect();
        let examples = pages.iter().flat_map(|page| blocks(page)).map(str::to_owned);
        assert_alike(examples, at_least);
    }
}

#[test]
fn what_yaml_can_write_is_read_alike() {
    for text in [
        "[1, -1, +1, 0, 00, 01, 0x1F, 0o17, 0b101, 1_000, 1__0, _1, 1_]",
        "[1.5, -1.5, 1e3, 1E-3, .5, 5., 1.50, 0.1, 1e400x, 18446744073709551615, -9223372036854775808]",
        "[true, True, TRUE, tRuE, yes, No, on, OFF, y, N, null, Null, NULL, ~, nULL, inf, nan, infinity]",
        "['true', \"1\", '~', ' 1 ', \"a\\tb\\u00e4\\x41\\\n  c\", 'it''s']",
        "[!!str 1, !!int '1', !!float '1.5', !!bool 'true', !!null '', !own x, ! 1]",
        "a: |\n  one\n  two\n\nb: >-\n  one\n  two\nc: |+\n  x\n\n",
        "a: plain\n  over lines\nb: 'quoted\n  over lines'\n",
        "{a: 1, b: {c: [x, {d: e}]}, 'f g': h, 8080: i}",
        "? a\n: 1\n? b\n: 2\n",
        "- &x {a: 1}\n- *x\n- [*x, *x]\n- &y text\n- *y\n",
        "a: 1\n---\nb: 2\n...\n---\n# nothing\n---\nc: 3\n",
        "base: &base {a: 1, b: 2}\nown: {<<: *base, b: 3}\n",
        "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall: {<<: [*one, *two], d: 4}\n",
        "%YAML 1.2\n---\na: 1\n",
        "a:\nb: ''\nc: \"\"\n",
        "\u{feff}a: 1\n",
        "a: ä€😀\n",
        "a: 1\r\nb:\r\n  - x\r\n",
        "2001-12-14",
        "a: 12:30:45",
        "<<",
        "a: <<",
        "'<<': {a: 1}",
    ] {
        let (own, theirs) = both(text);
        assert_eq!(own, theirs, "{text}");
    }
}

#[test]
fn what_one_refuses_the_other_refuses() {
    for text in [
        "a: [1",
        "a: \"x",
        "a: *b",
        "a: b: c",
        "a: &x [*x]",
        "{a: 1}}",
        "a: .nan",
        "a: !!int x",
        "<<: 1",
        "? [a]\n: 1",
        "%YAML 1.2\na: 1",
    ] {
        assert!(!read(text).errors.is_empty(), "{text}");
        let theirs: Result<Vec<Document>, _> = serde_saphyr::from_multiple(text);
        assert!(theirs.is_err(), "{text}: {theirs:?}");
    }
}

#[test]
fn a_field_that_is_given_twice_is_twice_here_and_an_error_there() {
    let text = "a: 1\nb: x\na: 2\n";
    let twice = &read(text).documents[0].0;
    let Document::Map(entries) = twice else {
        panic!("{twice:?}");
    };
    assert_eq!(entries.len(), 3);
    let theirs: Result<Vec<Document>, _> = serde_saphyr::from_multiple(text);
    assert!(theirs.unwrap_err().to_string().contains("duplicate mapping key"));
}

#[test]
fn a_field_whose_name_yaml_takes_for_a_boolean_is_an_error_in_both_unless_quoted() {
    // Kubernetes stores `true` or `false` for such a name, which nobody means.
    for name in ["n", "Y", "on", "off", "yes", "true"] {
        let text = format!("{{{name}: 1}}");
        let message = &read(&text).errors[0].message;
        assert!(
            message.starts_with("expected a field name, found the boolean"),
            "{message}"
        );
        assert!(serde_saphyr::from_str::<Document>(&text).is_err(), "{text}");
        let (own, theirs) = both(&format!("{{'{name}': 1}}"));
        assert_eq!(own, theirs);
        // What has a type of its own for names takes the word.
        let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(value[name], 1);
    }
}
