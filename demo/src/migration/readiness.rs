//! `spiffe-authz readiness`, run as a user runs it: a process, over the files of the mesh.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::migration::error::MigrationError;
use crate::migration::verdict::Document;
use crate::process::describe_exit;
use crate::table::Style;

/// The exit code of readiness that is not yet, or not known.
const NOT_YET: i32 = 2;

/// What readiness is asked for.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// The command `spiffe-authz`.
    pub program: PathBuf,
    /// The folder in which it runs, and from which its paths are.
    pub folder: PathBuf,
    /// The files and the workload.
    pub evidence: Vec<String>,
    /// For how many seconds nobody may have come in plaintext.
    pub quiet_for_seconds: u32,
    /// How many requests with mTLS have to be seen in that time.
    pub min_requests: u32,
    /// Whether the answer may have colours.
    pub style: Style,
}

/// What readiness answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The command, as a user would type it.
    pub command: String,
    /// What it printed.
    pub printed: String,
    /// Whether it says that all is ready: the exit code 0.
    pub is_ready: bool,
    /// The same as a document.
    pub document: Document,
}

impl Readiness {
    /// Makes sure that the command is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self) -> Result<(), MigrationError> {
        if self.program.is_file() {
            return Ok(());
        }
        Err(MigrationError::NoCommand {
            path: self.program.clone(),
        })
    }

    /// Asks for the document first and then, about the same time, for the table.
    ///
    /// # Errors
    /// When the command cannot be run, fails, or prints no document.
    pub async fn ask(&self) -> Result<Answer, MigrationError> {
        let (text, _) = self.run(&["--format", "json"]).await?;
        let document: Document = serde_json::from_str(&text).map_err(|source| MigrationError::Document {
            command: self.command(&["--format", "json"]),
            document: text,
            source,
        })?;
        let at_that_time = ["--now", document.now.as_str()];
        let (printed, is_ready) = self.run(&at_that_time).await?;
        Ok(Answer {
            command: self.command(&at_that_time),
            printed,
            is_ready,
            document,
        })
    }

    /// The command with these options behind its own.
    fn command(&self, more: &[&str]) -> String {
        let arguments = self.arguments();
        let words = arguments.iter().map(String::as_str).chain(more.iter().copied());
        let words: Vec<&str> = std::iter::once("spiffe-authz").chain(words).collect();
        words.join(" ")
    }

    fn arguments(&self) -> Vec<String> {
        let criteria = [
            "--quiet-for".to_owned(),
            format!("{}s", self.quiet_for_seconds),
            "--min-requests".to_owned(),
            self.min_requests.to_string(),
        ];
        let evidence = self.evidence.iter().cloned();
        std::iter::once("readiness".to_owned())
            .chain(evidence)
            .chain(criteria)
            .collect()
    }

    /// What it printed, and whether it says that all is ready.
    async fn run(&self, more: &[&str]) -> Result<(String, bool), MigrationError> {
        let output = Command::new(&self.program)
            .args(self.arguments())
            .args(more)
            .args(["--quiet", "--color", self.colour()])
            .current_dir(&self.folder)
            .output()
            .await
            .map_err(|source| MigrationError::Start {
                path: self.program.clone(),
                source,
            })?;
        match output.status.code() {
            Some(code @ (0 | NOT_YET)) => {
                Ok((String::from_utf8_lossy(&output.stdout).into_owned(), code == 0))
            }
            Some(_) | None => Err(MigrationError::Failed {
                command: self.command(more),
                exit: describe_exit(output.status),
                said: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
            }),
        }
    }

    const fn colour(&self) -> &'static str {
        match self.style {
            Style::Coloured => "always",
            Style::Plain => "never",
        }
    }
}

/// The command beside this program, as cargo puts it.
#[must_use]
pub fn beside(program: &Path) -> PathBuf {
    program.with_file_name("spiffe-authz")
}
