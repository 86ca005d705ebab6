//! A client as a user runs it: an interpreter, a file of `envoy-config/clients/`, and its arguments.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use spiffe_authz_pki::{DevelopmentCa, LeafRequest, SvidDirectory};
use spiffe_authz_tests::envoy::identities::Identities;
use spiffe_authz_tests::workspace;
use tokio::process::Command;

/// How to run one of the clients.
#[derive(Debug)]
pub struct Script {
    program: String,
    file: PathBuf,
}

/// What it said.
#[derive(Debug)]
pub struct Answer {
    /// Its exit status.
    pub status: Option<i32>,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

/// The files that it presents and trusts.
#[derive(Debug)]
pub struct Svid {
    certificate: PathBuf,
    key: PathBuf,
    bundle: PathBuf,
    other_bundle: PathBuf,
}

impl Script {
    /// curl, with openssl beside it.
    pub fn curl() -> Result<Self, String> {
        there("curl", "--version")?;
        there("openssl", "version")?;
        Ok(Self::run_by("sh", "curl.sh"))
    }

    /// Node.
    pub fn node() -> Result<Self, String> {
        there("node", "--version")?;
        Ok(Self::run_by("node", "node-https.mjs"))
    }

    /// A JDK, which compiles the file itself.
    pub fn java() -> Result<Self, String> {
        there("javac", "-version")?;
        Ok(Self::run_by("java", "JavaHttpClient.java"))
    }

    /// Python with httpx and grpcio.
    pub fn python(file: &str) -> Result<Self, String> {
        static PYTHON: std::sync::OnceLock<Result<String, String>> = std::sync::OnceLock::new();
        let python = PYTHON.get_or_init(python_with_packages).clone()?;
        Ok(Self::run_by(&python, file))
    }

    fn run_by(program: &str, file: &str) -> Self {
        Self {
            program: program.to_owned(),
            file: workspace::root().join("envoy-config/clients").join(file),
        }
    }

    /// Runs it: a request to this address for this path, where this SPIFFE ID must answer.
    pub async fn ask(&self, address: SocketAddr, svid: &Svid, spiffe_id: &str, path: &str) -> Answer {
        let output = Command::new(&self.program)
            .arg(&self.file)
            .args([address.ip().to_string(), address.port().to_string()])
            .args([&svid.certificate, &svid.key, &svid.bundle])
            .args([spiffe_id, path])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        Answer {
            status: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    /// That it has this exit status and says this status first.
    pub fn is(&self, status: Option<i32>, first_line: &str) {
        assert_eq!((self.status, self.first_line()), (status, first_line), "{self:?}");
    }

    /// The status.
    pub fn first_line(&self) -> &str {
        self.output.lines().next().unwrap_or_default()
    }
}

impl Svid {
    /// Issues an SVID of this SPIFFE ID into the folder.
    pub fn of(spiffe_id: &str, identities: &Identities, folder: &Path) -> Self {
        Self::issued_by(
            identities.ours(),
            &LeafRequest::svid(spiffe_id),
            identities,
            folder,
        )
    }

    /// One that the partner's authority vouches for, whatever trust domain it claims.
    pub fn of_another_authority(spiffe_id: &str, identities: &Identities, folder: &Path) -> Self {
        Self::issued_by(
            identities.partner(),
            &LeafRequest::svid(spiffe_id),
            identities,
            folder,
        )
    }

    /// One that was valid until an hour ago.
    pub fn expired(spiffe_id: &str, identities: &Identities, folder: &Path) -> Self {
        let mut request = LeafRequest::svid(spiffe_id);
        let hour = time::Duration::hours(1);
        request.not_after = time::OffsetDateTime::now_utc().saturating_sub(hour);
        request.not_before = request.not_after.saturating_sub(hour);
        Self::issued_by(identities.ours(), &request, identities, folder)
    }

    fn issued_by(
        authority: &DevelopmentCa,
        request: &LeafRequest,
        identities: &Identities,
        folder: &Path,
    ) -> Self {
        let leaf = authority.issue(request).unwrap();
        let directory = SvidDirectory::new(folder.join("client"));
        let bundle = identities.ours().certificate_pem();
        directory.write(&leaf, bundle).unwrap();
        let other_bundle = folder.join("partner.pem");
        std::fs::write(&other_bundle, identities.partner().certificate_pem()).unwrap();
        Self {
            certificate: directory.certificate(),
            key: directory.private_key(),
            bundle: directory.bundle(),
            other_bundle,
        }
    }

    /// The same, trusting the partner's authority alone.
    pub fn with_other_bundle(&self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            bundle: self.other_bundle.clone(),
            other_bundle: self.bundle.clone(),
        }
    }
}

/// Whether the program runs.
fn there(program: &str, version: &str) -> Result<(), String> {
    let status = std::process::Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program} {version}` ends with {status}")),
        Err(error) => Err(format!("{program} is missing: {error}")),
    }
}

fn python_with_packages() -> Result<String, String> {
    let script = workspace::root().join("scripts/fetch-python-clients.sh");
    let output = std::process::Command::new(&script)
        .output()
        .map_err(|error| format!("`{}` does not run: {error}", script.display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
