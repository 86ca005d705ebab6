//! `--watch`: runs again after every change.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policy_tests::failure::TestsFailure;
use crate::policy_tests::suite::Suite;
use crate::policy_tests::{Arguments, files, run_once};
use crate::terminal::Terminal;

/// An editor writes a file in several steps: they are one change.
const SETTLED: Duration = Duration::from_millis(100);

/// Runs the tests, and again after every change of a file, until the process is ended, or its output has no reader.
pub(super) fn watch(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    if arguments.reads_standard_input() {
        return Err(TestsFailure::StandardInputWatched.into());
    }
    let (changed, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.as_ref().is_ok_and(is_change) {
            // Nobody listens any more when the command ends.
            let _ = changed.send(());
        }
    })
    .map_err(TestsFailure::Unwatchable)?;
    let mut watched = BTreeSet::new();
    for number in 1_usize.. {
        // What changes while the tests run is a change too: the files are watched before they are read.
        for (folder, mode) in folders(arguments) {
            add(&mut watcher, &mut watched, (folder, mode))?;
        }
        show_header(number, terminal)?;
        match run_once(arguments, terminal) {
            Ok(_) => {}
            Err(failure @ Failure::Unwritable(_)) => return Err(failure),
            Err(failure) => terminal.error(&failure),
        }
        if !wait(&changes) {
            break;
        }
    }
    Ok(Outcome::Yes)
}

/// Waits for a change, and until nothing changes for a while; `false` where none can come any more.
fn wait(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    while changes.recv_timeout(SETTLED).is_ok() {}
    true
}

/// Reading a file is none.
fn is_change(event: &Event) -> bool {
    let is_change = match event.kind {
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
        EventKind::Access(_) => false,
    };
    is_change && event.paths.iter().any(|path| is_document(path))
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_none_or(|extension| matches!(extension, "yaml" | "yml" | "json"))
}

/// The folders to watch: those of the arguments, and those of every file that the tests name. A file is watched by its
/// folder, as editors replace it by another one.
fn folders(arguments: &Arguments) -> Vec<(PathBuf, RecursiveMode)> {
    let mut folders: Vec<(PathBuf, RecursiveMode)> =
        arguments.paths.iter().map(|path| folder(path)).collect();
    for file in files::find(&arguments.paths).unwrap_or_default() {
        folders.push(folder(&file));
        folders.extend(Suite::files_named_in(&file).iter().map(|path| folder(path)));
    }
    folders
}

fn folder(path: &Path) -> (PathBuf, RecursiveMode) {
    if path.is_dir() {
        return (path.to_owned(), RecursiveMode::Recursive);
    }
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    (
        parent.unwrap_or(Path::new(".")).to_owned(),
        RecursiveMode::NonRecursive,
    )
}

fn add(
    watcher: &mut RecommendedWatcher,
    watched: &mut BTreeSet<(PathBuf, bool)>,
    (folder, mode): (PathBuf, RecursiveMode),
) -> Result<(), TestsFailure> {
    let is_recursive = mode == RecursiveMode::Recursive;
    if folder.is_dir() && watched.insert((folder.clone(), is_recursive)) {
        watcher.watch(&folder, mode).map_err(TestsFailure::Unwatchable)?;
    }
    Ok(())
}

/// One line above each run; on a terminal the run before it is cleared away.
fn show_header(number: usize, terminal: &Terminal) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        out.write_all(b"\x1b[2J\x1b[H").map_err(Failure::Unwritable)?;
    }
    out.flush().map_err(Failure::Unwritable)?;
    terminal.note(&format!(
        "--- run {number}, again after every change; Ctrl-C ends it"
    ));
    Ok(())
}
