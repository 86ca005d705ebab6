//! `render image`: the filter as an OCI image, without a container engine.

mod layout;
mod tar;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::render::document_set::{print, replace, unwritable};
use crate::render::image::layout::OciLayout;
use crate::terminal::Terminal;

/// Write the built filter as an OCI image, an archive that `skopeo`, `crane` and `oras` push to a registry.
///
/// Prints the digest of the image's manifest, for `render istio --sha256`. The same filter makes the same image.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The built filter
    #[arg(long, value_name = "FILE", default_value = "dist/spiffe_authz_filter.wasm")]
    module: PathBuf,
    /// The archive to write, a tar of an OCI image layout
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz render image --module spiffe_authz_filter.wasm --out spiffe-authz-image.tar
  skopeo copy oci-archive:spiffe-authz-image.tar docker://registry.example/spiffe-authz:1.0";

/// How each Wasm module begins.
const MAGIC: &[u8] = b"\0asm";

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let image = OciLayout::of_filter(&module(&arguments.module)?).map_err(Failure::Unwritable)?;
    let out = &arguments.out;
    let archive = image.archive().map_err(Failure::Unwritable)?;
    replace(out, &archive).map_err(|reason| unwritable(out, reason))?;
    terminal.note(&format!("wrote {}", out.display()));
    print(&format!("{}\n", image.manifest_digest()))?;
    Ok(Outcome::Yes)
}

fn module(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    match bytes.starts_with(MAGIC) {
        true => Ok(bytes),
        false => Err(Failure::Use(format!(
            "`{}` is no Wasm module: name the built filter with `--module`",
            path.display()
        ))),
    }
}
