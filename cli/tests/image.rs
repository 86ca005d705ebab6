//! `spiffe-authz render image`: what a registry and Istio's agent read of it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A module that does nothing, long enough that it fills no block.
const MODULE: &[u8] = b"\0asm\x01\0\0\0\0\x09\x04nothing";

/// An image that was made in a folder of its own.
struct Image {
    folder: tempfile::TempDir,
    archive: Vec<u8>,
    printed: String,
}

fn render(module: &Path, out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["render", "image", "--module"])
        .arg(module)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

impl Image {
    fn of(module: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (source, out) = (folder.path().join("filter.wasm"), folder.path().join("image.tar"));
        std::fs::write(&source, module).unwrap();
        let output = render(&source, &out);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self {
            archive: std::fs::read(&out).unwrap(),
            printed: String::from_utf8(output.stdout).unwrap().trim_end().to_owned(),
            folder,
        }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        let files = unpacked(&self.archive);
        let found = files.into_iter().find(|(each, _)| each == name);
        found.unwrap_or_else(|| panic!("no `{name}`")).1
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.file(name)).unwrap()
    }

    /// What a descriptor names, of the size and the digest that it says.
    fn described(&self, descriptor: &Value) -> Vec<u8> {
        let named = descriptor["digest"]
            .as_str()
            .unwrap()
            .strip_prefix("sha256:")
            .unwrap();
        let blob = self.file(&format!("blobs/sha256/{named}"));
        assert_eq!(descriptor["size"], blob.len());
        assert_eq!(digest(&blob), named);
        blob
    }

    fn manifest(&self) -> Value {
        let index = self.json("index.json");
        serde_json::from_slice(&self.described(&index["manifests"][0])).unwrap()
    }
}

fn digest(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names and contents of a tar archive, read by its headers alone.
fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = |field: &[u8]| {
        let text = std::str::from_utf8(field).unwrap();
        text.trim_end_matches('\0').to_owned()
    };
    let (mut files, mut at) = (Vec::new(), 0);
    while archive[at] != 0 {
        let header = &archive[at..at + 512];
        let size = usize::from_str_radix(&text(&header[124..135]), 8).unwrap();
        assert_eq!(&header[136..147], b"00000000000", "a time");
        at += 512;
        files.push((text(&header[..100]), archive[at..at + size].to_vec()));
        at += size.next_multiple_of(512);
    }
    assert_eq!(archive.len(), at + 1024);
    files
}

#[test]
fn every_digest_is_that_of_what_it_names() {
    let image = Image::of(MODULE);
    let manifest = image.manifest();
    let config: Value = serde_json::from_slice(&image.described(&manifest["config"])).unwrap();
    let layer = image.described(&manifest["layers"][0]);
    let mut files = Vec::new();
    flate2::read::GzDecoder::new(layer.as_slice())
        .read_to_end(&mut files)
        .unwrap();
    assert_eq!(
        config["rootfs"]["diff_ids"][0],
        format!("sha256:{}", digest(&files))
    );
    assert_eq!(image.json("oci-layout")["imageLayoutVersion"], "1.0.0");
}

#[test]
fn the_one_layer_holds_the_filter_byte_for_byte_as_plugin_wasm() {
    let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/spiffe_authz_filter.wasm");
    let module = std::fs::read(filter).unwrap_or_else(|_| MODULE.to_vec());
    let image = Image::of(&module);
    let manifest = image.manifest();
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    assert_eq!(
        layers[0]["mediaType"],
        "application/vnd.oci.image.layer.v1.tar+gzip"
    );
    let mut files = Vec::new();
    let layer = image.described(&layers[0]);
    flate2::read::GzDecoder::new(layer.as_slice())
        .read_to_end(&mut files)
        .unwrap();
    assert!(unpacked(&files) == [("plugin.wasm".to_owned(), module)]);
}

#[test]
fn what_is_printed_is_the_digest_of_the_manifest() {
    let image = Image::of(MODULE);
    let named = image.json("index.json")["manifests"][0]["digest"].clone();
    assert_eq!(named, format!("sha256:{}", image.printed));
}

#[test]
fn the_same_filter_makes_the_same_image_and_another_one_another() {
    let (first, second) = (Image::of(MODULE), Image::of(MODULE));
    assert!(first.archive == second.archive);
    let other = [MODULE, &[0]].concat();
    assert_ne!(Image::of(&other).printed, first.printed);
}

#[test]
fn a_file_that_is_no_wasm_module_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("filter.wasm"), folder.path().join("image.tar"));
    std::fs::write(&source, "#!/bin/sh\n").unwrap();
    let output = render(&source, &out);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is no Wasm module"));
    assert!(!out.exists());
}

/// A tool of the machine.
fn found(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&folders).map(|folder| folder.join(name));
    named.into_iter().find(|path| path.is_file())
}

#[test]
fn tar_reads_the_archive() {
    let Some(tar) = found("tar") else {
        eprintln!("skipped: no tar");
        return;
    };
    let image = Image::of(MODULE);
    let listed = Command::new(tar)
        .args(["-tf", "image.tar"])
        .current_dir(image.folder.path())
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 5);
}

#[test]
fn skopeo_copies_the_image_and_its_digest_stays() {
    let Some(skopeo) = found("skopeo") else {
        eprintln!("skipped: no skopeo");
        return;
    };
    let image = Image::of(MODULE);
    let copied = Command::new(skopeo)
        .args(["copy", "--insecure-policy", "oci-archive:image.tar", "dir:copy"])
        .current_dir(image.folder.path())
        .output()
        .unwrap();
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    let manifest = std::fs::read(image.folder.path().join("copy/manifest.json")).unwrap();
    assert_eq!(digest(&manifest), image.printed);
}
