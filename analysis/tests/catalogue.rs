//! The pages of the lints: there is one for each, and its examples do what it says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed test panics"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use spiffe_authz_analysis::inventory::Inventory;
use spiffe_authz_analysis::lint::{LintCode, lint};

use common::{document, stated, today};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/lints")
}

fn page(code: LintCode) -> String {
    let path = folder().join(format!("{code}.md"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced block under a heading, where there is one.
fn block(page: &str, heading: &str) -> Option<String> {
    let section = page.split(&format!("\n## {heading}\n\n```yaml\n")).nth(1)?;
    Some(section.split("```").next().unwrap().to_owned())
}

/// The codes of an example. An example of an extension is one, which is told beside.
fn codes(page: &str, heading: &str, code: LintCode) -> BTreeSet<LintCode> {
    let example = block(page, heading).unwrap_or_else(|| panic!("{code} has no example `{heading}`"));
    let inventory = block(page, "Inventory").map(|text| Inventory::read(&document(&text)).unwrap());
    let lints = lint(&stated(&example), inventory.as_ref(), Some(today())).lints;
    let told = lints.into_iter().map(|lint| lint.code);
    told.filter(|told| *told != LintCode::Extension || code == LintCode::Extension)
        .collect()
}

#[test]
fn every_bad_example_gets_the_lint_of_its_page_and_no_other() {
    let mut wrong = Vec::new();
    for code in LintCode::ALL {
        let told = codes(&page(*code), "Bad", *code);
        if told != BTreeSet::from([*code]) {
            wrong.push(format!("{code}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_good_example_gets_a_lint() {
    let mut wrong = Vec::new();
    for code in LintCode::ALL {
        let told = codes(&page(*code), "Good", *code);
        if !told.is_empty() {
            wrong.push(format!("{code}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_page_begins_with_the_code_the_severity_and_the_summary() {
    for code in LintCode::ALL {
        let (severity, summary) = (format!("{:?}", code.severity()), code.summary());
        let expected = format!("# {code}\n\n{severity}. {summary}\n");
        let page = page(*code);
        assert!(page.starts_with(&expected), "{page}");
    }
}

#[test]
fn the_catalogue_lists_every_lint_in_order() {
    let catalogue = fs::read_to_string(folder().join("README.md")).unwrap();
    let listed: Vec<&str> = catalogue.lines().filter(|line| line.starts_with("| [")).collect();
    let expected = LintCode::ALL.iter().map(|code| {
        format!(
            "| [{code}]({code}.md) | {} | {} |",
            code.severity(),
            code.summary()
        )
    });
    assert_eq!(listed, expected.collect::<Vec<_>>());
}

#[test]
fn every_page_belongs_to_a_lint() {
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.strip_suffix(".md").unwrap();
        assert!(code == "README" || LintCode::parse(code).is_some(), "{name}");
    }
}
