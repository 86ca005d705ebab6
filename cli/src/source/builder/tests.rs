//! Merge keys and aliases, and where their values stand.
#![allow(clippy::string_slice, reason = "a failed test panics")]

use super::*;
use crate::source::{Part, read, steps};

/// The one document of a text, as it prints.
fn printed(text: &str) -> String {
    let reading = read(text);
    assert_eq!(reading.errors, [], "{text}");
    print(&reading.documents[0].0)
}

fn print(document: &Document) -> String {
    match document {
        Document::Null => "~".to_owned(),
        Document::Bool(value) => value.to_string(),
        Document::Number(number) => number.clone(),
        Document::String(text) => format!("'{text}'"),
        Document::List(items) => {
            let items: Vec<String> = items.iter().map(print).collect();
            format!("[{}]", items.join(", "))
        }
        Document::Map(entries) => {
            let entries = entries.iter();
            let entries: Vec<String> = entries
                .map(|(name, value)| format!("{name}: {}", print(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn refused(text: &str) -> (String, String) {
    let reading = read(text);
    let [error] = &reading.errors[..] else {
        panic!("{text}: {:?}", reading.errors);
    };
    (error.message.clone(), text[error.span.clone()].to_owned())
}

/// The text at a place of the one document.
fn shown(text: &str, place: &str, part: Part) -> String {
    let reading = read(text);
    let (document, node) = &reading.documents[0];
    let (mut document, mut node) = (document, node);
    for step in steps(place) {
        (node, document) = node.down(document, &step, 0).unwrap();
    }
    text[node.shown(part)].to_owned()
}

#[test]
fn a_merge_key_gives_the_fields_that_the_map_has_not() {
    for (own, expected) in [
        ("{<<: *b}", "{a: 1, b: 2}"),
        ("{<<: *b, a: 3}", "{a: 3, b: 2}"),
        ("{a: 3, <<: *b}", "{a: 3, b: 2}"),
        ("{<<: {a: 4}, c: 5}", "{c: 5, a: 4}"),
        ("{<<: [*b, {b: 9, c: 9}]}", "{a: 1, b: 2, c: 9}"),
        ("{<<: [{b: 9, c: 9}, *b]}", "{b: 9, c: 9, a: 1}"),
        ("{<<: [], c: 5}", "{c: 5}"),
        ("{<<: ~, c: 5}", "{c: 5}"),
        ("{<<: *b, <<: {c: 9}}", "{a: 1, b: 2, c: 9}"),
        ("{!!merge x: *b}", "{a: 1, b: 2}"),
        ("{<<: {<<: *b, a: 7}, b: 8}", "{b: 8, a: 7}"),
    ] {
        let document = printed(&format!("base: &b {{a: 1, b: 2}}\nown: {own}\n"));
        let (_, own_printed) = document.split_once("own: ").unwrap();
        assert_eq!(own_printed, format!("{expected}}}"), "{own}");
    }
}

#[test]
fn a_merge_key_in_quotes_is_a_field() {
    assert_eq!(printed("{'<<': {a: 1}}"), "{<<: {a: 1}}");
    assert_eq!(printed("{!!str <<: {a: 1}}"), "{<<: {a: 1}}");
    assert_eq!(printed("[<<]"), "['<<']");
}

#[test]
fn a_merge_key_takes_maps_alone() {
    for value in ["1", "x", "[1]", "[{a: 1}, x]", "[[{a: 1}]]"] {
        let (message, _) = refused(&format!("<<: {value}\n"));
        assert_eq!(message, "`<<` takes a map, or a list of maps", "{value}");
    }
}

#[test]
fn a_field_given_twice_is_given_twice_beside_a_merge_key_too() {
    assert_eq!(printed("{a: 1, <<: {a: 2}, a: 3}"), "{a: 1, a: 3}");
}

#[test]
fn what_was_merged_stands_where_it_was_written() {
    let text = "base: &b {deep: {x: 1}}\nown: {<<: *b, z: 2}\n";
    assert_eq!(shown(text, "own.deep.x", Part::Value), "1");
    assert_eq!(shown(text, "own.deep", Part::Key), "deep");
    assert_eq!(shown(text, "own.z", Part::Value), "2");
}

#[test]
fn what_an_alias_stands_for_stands_where_it_was_written_and_the_field_where_it_is() {
    let text = "base: &b [one, two]\nown: *b\n";
    assert_eq!(shown(text, "own[1]", Part::Value), "two");
    assert_eq!(shown(text, "own", Part::Key), "own");
}

#[test]
fn an_alias_within_what_it_stands_for_is_refused_there() {
    assert_eq!(
        refused("a: &x [1, *x]\n"),
        ("an alias within what it stands for".to_owned(), "*x".to_owned())
    );
}

#[test]
fn a_field_name_is_a_text_or_a_number() {
    assert_eq!(
        printed("{8080: a, 'true': b, 1.5: c}"),
        "{8080: 'a', true: 'b', 1.5: 'c'}"
    );
    for (text, found) in [
        ("on: 1", "the boolean `true`"),
        ("~: 1", "nothing"),
        (": 1", "nothing"),
        ("[a]: 1", "a list or a map"),
        ("{a: 1}: 1", "a list or a map"),
        ("x: &l [a]\n*l : 1", "a list or a map"),
    ] {
        let (message, _) = refused(text);
        assert_eq!(message, format!("expected a field name, found {found}"), "{text}");
    }
}

#[test]
fn lists_and_maps_nest_64_deep_and_no_deeper() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(64)).errors.is_empty());
    assert!(refused(&nested(65)).0.starts_with("nested too deeply"));
    // Nor by an alias.
    let aliased = |depth: usize| format!("- &x {}\n- [[*x]]\n", nested(depth));
    assert!(read(&aliased(61)).errors.is_empty());
    assert!(refused(&aliased(62)).0.starts_with("nested too deeply"));
}

#[test]
fn a_large_map_is_merged_into_a_large_map_at_once() {
    // Aliases may stand for a million values: pair by pair a merge of half of them into the others would take hours.
    let fields = |letter: char| -> String {
        let field = |index: usize| format!("  {letter}{index}: 1\n");
        (0..30_000).map(field).collect()
    };
    let text = format!("base: &b\n{}own:\n  <<: *b\n{}", fields('a'), fields('b'));
    let reading = read(&text);
    let own = reading.documents[0].0.field("own").unwrap();
    let Document::Map(entries) = own else {
        panic!("{own:?}");
    };
    assert_eq!(entries.len(), 60_000);
}
