//! Every fuzz target over its committed corpus, and over inputs made from it: the same ones in every run.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use spiffe_authz_fuzz_bodies as bodies;

/// How large a corpus may be.
const MOST_INPUTS: usize = 150;
const MOST_BYTES: usize = 4096;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).expect("an input"))
        .collect()
}

/// Runs the body over its corpus, and over so many inputs made from it.
fn run(target: &str, generated: usize, body: fn(&[u8])) {
    let corpus = corpus(target);
    assert!(
        (10..=MOST_INPUTS).contains(&corpus.len()),
        "{} inputs",
        corpus.len()
    );
    for input in &corpus {
        assert!(input.len() < MOST_BYTES);
        body(input);
    }
    let mut rng = Rng::with_seed(4);
    for _ in 0..generated {
        body(&mutated(&corpus, &mut rng));
    }
}

/// An input of the corpus, changed in one to four places.
fn mutated(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = corpus[rng.usize(..corpus.len())].clone();
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..4) {
            0 => bytes.insert(at, rng.u8(..)),
            1 => bytes.truncate(at),
            2 => {
                let other = &corpus[rng.usize(..corpus.len())];
                bytes.truncate(at);
                bytes.extend(&other[rng.usize(..=other.len())..]);
            }
            _ => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte ^= 1 << rng.u8(..8)),
        }
    }
    bytes
}

#[test]
fn a_spiffe_id_is_what_the_grammar_says() {
    run("spiffe_id", 10_000, bodies::spiffe_id::run);
}

#[test]
fn a_certificate_reads_the_same_in_each_form() {
    run("certificate", 1_000, bodies::certificate::run);
}

#[test]
fn a_configuration_is_compiled_or_refused() {
    run("configuration", 200, bodies::configuration::run);
}

#[test]
fn a_path_or_host_is_compared_in_one_way() {
    run("path_and_host", 1_000, bodies::path_and_host::run);
}

#[test]
fn a_header_map_is_read_to_the_byte_or_refused() {
    run("header_map", 20_000, bodies::header_map::run);
}

#[test]
fn a_decision_keeps_its_promises() {
    run("decision", 300, bodies::decision::run);
}

#[cfg(feature = "hostile-host")]
#[test]
fn a_host_that_answers_nonsense_gets_nothing_past_the_filter() {
    run("hostile_host", 100, bodies::hostile_host::run);
}

#[cfg(feature = "host-sim")]
#[test]
fn any_bytes_as_a_module_are_refused_or_live() {
    run("module", 15, bodies::module::run);
}

#[cfg(feature = "host-sim")]
#[test]
fn any_hostcall_with_any_arguments_is_answered_or_traps() {
    run("hostcall_arguments", 150, bodies::hostcall_arguments::run);
}
