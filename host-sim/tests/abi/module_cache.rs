//! Compiled modules on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use spiffe_authz_host_sim::{Limits, ModuleCache, Plugin, PluginSetup, Simulator};

use crate::guest::{Guest, said};

fn speaker(line: &[u8]) -> Vec<u8> {
    let mut guest = Guest::new();
    let line = guest.bytes(line);
    guest.on_configure(&format!("(call $say {line})")).wasm()
}

fn simulator(directory: &Path) -> Simulator {
    let cache = ModuleCache::Directory(directory.to_owned());
    Simulator::with_cache(Limits::default(), &cache).unwrap()
}

/// What the module says in this simulator.
fn spoken(simulator: &Simulator, wasm: &[u8]) -> Vec<String> {
    let module = simulator.module(wasm).unwrap();
    said(&Plugin::start(&module, PluginSetup::default()).unwrap())
}

/// The one entry of a directory.
fn entry(directory: &Path) -> PathBuf {
    let mut files = Vec::new();
    let mut directories = vec![directory.join("modules")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_none() {
                files.push(path);
            }
        }
    }
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn what_one_simulator_compiled_the_next_one_finds() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = speaker(b"found");
    let first = simulator(directory.path());
    assert_eq!(
        (spoken(&first, &wasm), first.cache_hits()),
        (vec!["found".to_owned()], 0)
    );
    let second = simulator(directory.path());
    assert_eq!(
        (spoken(&second, &wasm), second.cache_hits()),
        (vec!["found".to_owned()], 1)
    );
}

#[test]
fn an_entry_that_is_not_as_it_was_written_is_compiled_anew() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = speaker(b"again");
    spoken(&simulator(&directory.path().join("original")), &wasm);
    let length = fs::read(entry(&directory.path().join("original"))).unwrap().len();
    let flipped = |place: usize| move |bytes: &mut Vec<u8>| bytes[place] ^= 1;
    type Change = Box<dyn Fn(&mut Vec<u8>)>;
    let changes: [Change; 6] = [
        Box::new(flipped(0)),
        Box::new(flipped(length / 2)),
        Box::new(flipped(length - 1)),
        Box::new(Vec::clear),
        Box::new(move |bytes| bytes.truncate(length / 2)),
        Box::new(|bytes| bytes.push(0)),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let copied = directory.path().join(number.to_string());
        copy(&directory.path().join("original"), &copied);
        let mut bytes = fs::read(entry(&copied)).unwrap();
        change(&mut bytes);
        fs::write(entry(&copied), bytes).unwrap();
        let simulator = simulator(&copied);
        assert_eq!(
            (spoken(&simulator, &wasm), simulator.cache_hits()),
            (vec!["again".to_owned()], 0)
        );
    }
}

#[test]
fn a_copied_directory_is_as_good_as_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = speaker(b"copied");
    let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
    spoken(&simulator(&first), &wasm);
    copy(&first, &second);
    let simulator = simulator(&second);
    spoken(&simulator, &wasm);
    assert_eq!(simulator.cache_hits(), 1);
}

#[test]
fn simulators_that_compile_at_once_do_not_disturb_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let modules: Vec<_> = [b"one", b"two"].map(|line| speaker(line)).into();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let simulator = simulator(directory.path());
                let lines: Vec<_> = modules.iter().flat_map(|wasm| spoken(&simulator, wasm)).collect();
                assert_eq!(lines, ["one", "two"]);
            });
        }
    });
}

#[test]
fn other_limits_are_other_entries() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = speaker(b"other");
    spoken(&simulator(directory.path()), &wasm);
    let limits = Limits {
        time_per_callback: Some(std::time::Duration::from_secs(60)),
        ..Limits::default()
    };
    let cache = ModuleCache::Directory(directory.path().to_owned());
    let simulator = Simulator::with_cache(limits, &cache).unwrap();
    assert_eq!(
        (spoken(&simulator, &wasm), simulator.cache_hits()),
        (vec!["other".to_owned()], 0)
    );
}

#[test]
fn without_a_cache_every_simulator_compiles() {
    let wasm = speaker(b"off");
    for _ in 0..2 {
        let simulator = Simulator::with_cache(Limits::default(), &ModuleCache::Off).unwrap();
        assert_eq!(
            (spoken(&simulator, &wasm), simulator.cache_hits()),
            (vec!["off".to_owned()], 0)
        );
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_no_simulator() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let cache = ModuleCache::Directory(file.join("below"));
    let error = Simulator::with_cache(Limits::default(), &cache).unwrap_err();
    assert!(error.to_string().contains("cache directory"), "{error}");
}
