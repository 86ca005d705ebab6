//! Paths become templates: a segment of which many values were seen is `{*}`.

use std::collections::{BTreeMap, BTreeSet};

use crate::learn::access::path_includes;
use crate::learn::{Access, Generalise, LearnOptions, LearnedPeer, Operation};

/// What stands for any segment.
const ANY: &str = "{*}";

/// A template, and what it was made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// Whose it is.
    pub peer: LearnedPeer,
    /// The operation with the template as its path.
    pub operation: Operation,
    /// The seen paths that it stands for.
    pub paths: BTreeSet<String>,
}

/// What the accesses of one context have in common: all but the path.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Context {
    peer: LearnedPeer,
    port: Option<u16>,
    method: String,
}

/// The accesses with templates in place of the paths that they stand for, and the templates.
pub(super) fn generalise<'a>(
    seen: impl Iterator<Item = &'a Access>,
    options: &LearnOptions,
) -> (BTreeSet<Access>, Vec<Template>) {
    let (mut accesses, mut templates) = (BTreeSet::new(), Vec::new());
    for (context, paths) in by_context(seen, &mut accesses) {
        let patterns = patterns(paths.clone(), options);
        for pattern in &patterns {
            let operation = context.operation(pattern);
            if pattern.split('/').any(|segment| segment == ANY) {
                let stands_for = paths.iter().filter(|path| path_includes(pattern, path));
                templates.push(Template {
                    peer: context.peer.clone(),
                    operation: operation.clone(),
                    paths: stands_for.cloned().collect(),
                });
            }
            let peer = context.peer.clone();
            accesses.insert(Access { peer, operation });
        }
    }
    (accesses, templates)
}

impl Context {
    fn operation(&self, path: &str) -> Operation {
        Operation::Http {
            port: self.port,
            method: self.method.clone(),
            path: path.to_owned(),
        }
    }
}

/// The paths of each context; what has no path stays as it is.
fn by_context<'a>(
    seen: impl Iterator<Item = &'a Access>,
    others: &mut BTreeSet<Access>,
) -> BTreeMap<Context, BTreeSet<String>> {
    let mut contexts: BTreeMap<Context, BTreeSet<String>> = BTreeMap::new();
    for access in seen {
        match &access.operation {
            Operation::Http { port, method, path } => {
                let context = Context {
                    peer: access.peer.clone(),
                    port: *port,
                    method: method.clone(),
                };
                contexts.entry(context).or_default().insert(path.clone());
            }
            Operation::Tcp { .. } => {
                others.insert(access.clone());
            }
        }
    }
    contexts
}

/// The places of a path are looked at from the last to the first, again and again until nothing changes.
fn patterns(mut paths: BTreeSet<String>, options: &LearnOptions) -> BTreeSet<String> {
    if options.generalise == Generalise::Nothing {
        return paths;
    }
    loop {
        let before = paths.len();
        let places = paths
            .iter()
            .map(|path| path.split('/').count())
            .max()
            .unwrap_or(0);
        for place in (1..places).rev() {
            paths = generalise_place(paths, place, options);
        }
        // What a template stands for is not said again.
        let templates: Vec<String> = paths.iter().filter(|path| path.contains(ANY)).cloned().collect();
        paths.retain(|path| {
            !templates
                .iter()
                .any(|template| template != path && path_includes(template, path))
        });
        if paths.len() == before {
            return paths;
        }
    }
}

/// Paths that differ in this segment alone become one if enough values of it were seen.
fn generalise_place(paths: BTreeSet<String>, place: usize, options: &LearnOptions) -> BTreeSet<String> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut patterns = BTreeSet::new();
    for path in paths {
        match with_hole(&path, place, options.generalise) {
            Some(hole) => {
                values.entry(hole).or_default().insert(path);
            }
            None => {
                patterns.insert(path);
            }
        }
    }
    for (hole, paths) in values {
        if paths.len() >= options.generalise_at {
            patterns.insert(hole);
        } else {
            patterns.extend(paths);
        }
    }
    patterns
}

/// The path with `{*}` at this place, if that is allowed there.
fn with_hole(path: &str, place: usize, generalise: Generalise) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let value = segments.get(place)?;
    let may = match generalise {
        Generalise::Ids => value.bytes().any(|byte| byte.is_ascii_digit()),
        Generalise::All => *value != ANY,
        Generalise::Nothing => false,
    };
    if !may || value.is_empty() {
        return None;
    }
    let segments = segments.iter().enumerate();
    let segments: Vec<&str> = segments
        .map(|(index, segment)| if index == place { ANY } else { *segment })
        .collect();
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(generalise: Generalise) -> LearnOptions {
        LearnOptions {
            included_causes: BTreeSet::new(),
            includes_plaintext: false,
            more_methods: BTreeSet::new(),
            generalise,
            generalise_at: 3,
        }
    }

    fn shown(generalise: Generalise, paths: &[&str]) -> Vec<String> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        patterns(paths, &options(generalise)).into_iter().collect()
    }

    #[test]
    fn as_many_ids_as_the_threshold_says_make_a_template_and_fewer_do_not() {
        assert_eq!(shown(Generalise::Ids, &["/o/1", "/o/2", "/o/3"]), ["/o/{*}"]);
        assert_eq!(shown(Generalise::Ids, &["/o/1", "/o/2"]), ["/o/1", "/o/2"]);
    }

    #[test]
    fn words_are_no_ids() {
        let words = ["/o/cart", "/o/help", "/o/list"];
        assert_eq!(shown(Generalise::Ids, &words), words);
        assert_eq!(shown(Generalise::All, &words), ["/o/{*}"]);
    }

    #[test]
    fn paths_differ_in_one_segment_alone() {
        let paths = ["/o/1/a", "/o/2/b", "/o/3/c"];
        assert_eq!(shown(Generalise::Ids, &paths), paths);
    }

    #[test]
    fn templates_are_generalised_in_turn() {
        let paths = [
            "/u/1/o/1", "/u/1/o/2", "/u/1/o/3", "/u/2/o/1", "/u/2/o/2", "/u/2/o/3", "/u/3/o/7", "/u/3/o/8",
            "/u/3/o/9",
        ];
        assert_eq!(shown(Generalise::Ids, &paths), ["/u/{*}/o/{*}"]);
    }

    #[test]
    fn what_a_template_stands_for_is_not_said_again() {
        assert_eq!(
            shown(Generalise::Ids, &["/o/1", "/o/2", "/o/3", "/o/list"]),
            ["/o/{*}"]
        );
    }

    #[test]
    fn nothing_is_generalised_where_that_is_asked_for() {
        let paths = ["/o/1", "/o/2", "/o/3"];
        assert_eq!(shown(Generalise::Nothing, &paths), paths);
    }
}
