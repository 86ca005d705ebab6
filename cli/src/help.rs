//! What every verb says of itself: an about line, a line for each option, examples.
#![allow(clippy::string_slice, reason = "a failed test panics")]

use clap::{Command, CommandFactory as _};

fn verbs(command: &Command, path: &str) -> Vec<(String, Command)> {
    let own = command.get_subcommands().flat_map(|verb| {
        let path = format!("{path} {}", verb.get_name());
        let mut found = vec![(path.clone(), verb.clone())];
        found.extend(verbs(verb, &path));
        found
    });
    own.collect()
}

fn all() -> Vec<(String, Command)> {
    verbs(&crate::Arguments::command(), "spiffe-authz")
}

/// What stands below `EXAMPLES:`, without line breaks of the terminal's width.
fn examples(verb: &Command) -> String {
    let help = verb.get_after_long_help().or(verb.get_after_help());
    let help = help.map_or_else(String::new, ToString::to_string);
    help.split_once("EXAMPLES:")
        .map_or_else(String::new, |(_, examples)| examples.to_owned())
}

#[test]
fn every_verb_says_what_it_is_for() {
    for (path, verb) in all() {
        assert!(verb.get_about().is_some(), "{path} has no about line");
    }
}

#[test]
fn every_option_and_every_argument_says_what_it_is() {
    for (path, verb) in all() {
        for argument in verb.get_arguments() {
            assert!(argument.get_help().is_some(), "{path}: {}", argument.get_id());
        }
    }
}

#[test]
fn the_help_of_every_verb_has_examples_that_begin_with_the_verb() {
    for (path, verb) in all() {
        assert!(
            examples(&verb).contains(&path),
            "`{path} --help` has no EXAMPLES of `{path}`"
        );
    }
}

#[test]
fn the_examples_of_the_help_are_arguments_that_are_taken() {
    for (path, verb) in all() {
        for line in examples(&verb).replace("\\\n", " ").lines() {
            let Some(example) = line.find("spiffe-authz ").and_then(|place| line.get(place..)) else {
                continue;
            };
            let end = example
                .find(['|', '>', '&', '<', ';', '`'])
                .unwrap_or(example.len());
            let words: Vec<&str> = example[..end]
                .split_whitespace()
                .map(|word| word.trim_matches(['\'', '"']))
                .collect();
            if words.last() == Some(&"--help") {
                continue;
            }
            let parsed = crate::Arguments::command().try_get_matches_from(&words);
            assert!(
                parsed.is_ok(),
                "{path}: `{}`: {}",
                words.join(" "),
                parsed.unwrap_err()
            );
        }
    }
}

#[test]
fn the_arguments_contradict_each_other_nowhere() {
    crate::Arguments::command().debug_assert();
}
