//! [`OciLayout`]: an OCI image layout with one layer, which holds `plugin.wasm`.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::render::image::tar;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Istio's agent takes a layer of this kind, and from it the file of the name [`PLUGIN`].
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const PLUGIN: &str = "plugin.wasm";

/// The parts of an image. Nothing in them depends on the time or the machine.
pub(super) struct OciLayout {
    layer: Vec<u8>,
    config: Vec<u8>,
    manifest: Vec<u8>,
}

impl OciLayout {
    /// The image of a built filter.
    ///
    /// # Errors
    /// None that memory is written with.
    pub(super) fn of_filter(module: &[u8]) -> std::io::Result<Self> {
        let files = tar::archive([(PLUGIN, module)])?;
        let layer = gzip(&files)?;
        let config = config(&digest(&files));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described(CONFIG, &config),
            "layers": [described(LAYER, &layer)],
            "annotations": {"module.wasm.image/variant": "compat"},
        });
        Ok(Self {
            layer,
            config,
            manifest: manifest.to_string().into_bytes(),
        })
    }

    /// The SHA-256 digest of the manifest, 64 digits: what an address of the image is pinned to.
    pub(super) fn manifest_digest(&self) -> String {
        digest(&self.manifest)
    }

    /// The whole layout as a tar archive (`oci-archive`).
    ///
    /// # Errors
    /// None that memory is written with.
    pub(super) fn archive(&self) -> std::io::Result<Vec<u8>> {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [described(MANIFEST, &self.manifest)],
        });
        let index = index.to_string().into_bytes();
        let blobs = [&self.layer, &self.config, &self.manifest];
        let blobs = blobs.map(|blob| (format!("blobs/sha256/{}", digest(blob)), blob.as_slice()));
        let layout: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
        let head = [("oci-layout", layout), ("index.json", index.as_slice())];
        let blobs = blobs.iter().map(|(name, blob)| (name.as_str(), *blob));
        tar::archive(head.into_iter().chain(blobs))
    }
}

/// Of no machine: the module runs wherever Envoy does.
fn config(layer: &str) -> Vec<u8> {
    let config = json!({
        "architecture": "wasm",
        "os": "wasip1",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer}")]},
    });
    config.to_string().into_bytes()
}

fn described(media_type: &str, blob: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": format!("sha256:{}", digest(blob)), "size": blob.len()})
}

/// Without a name and a time in its header.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing into a text does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
