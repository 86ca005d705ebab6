//! What an Envoy wrote about a request: its access log, one JSON object a line.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

/// How often the file is looked at.
const POLL: Duration = Duration::from_millis(5);

/// A line of the access log: about a request, or about a handshake that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AccessLogLine {
    /// `inbound` or `outbound`.
    pub direction: String,
    /// The trace context of the request, by which it is recognised.
    pub traceparent: Option<String>,
    /// The status code of the response.
    pub response_code: Option<u16>,
    /// Why Envoy answered as it did.
    pub response_code_details: Option<String>,
    /// The filter's decision.
    pub decision: Option<String>,
    /// The filter's cause.
    pub cause: Option<String>,
    /// The policy that decided, as `namespace/name`.
    pub policy: Option<String>,
    /// Why the handshake failed, for a connection that got no further.
    pub handshake_failure: Option<String>,
}

/// An access log as far as it was not read yet.
#[derive(Debug)]
pub struct AccessLogReader {
    path: PathBuf,
    offset: u64,
    pending: Vec<u8>,
}

/// An access log that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AccessLogError {
    /// The file cannot be read.
    #[error("cannot read the access log `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("the access log `{}` has the line `{line}`", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl AccessLogLine {
    fn is_about(&self, traceparent: &str) -> bool {
        let same = self.traceparent.as_deref() == Some(traceparent);
        self.direction == "inbound" && (same || self.handshake_failure.is_some())
    }
}

impl AccessLogReader {
    /// Reads what will be written from now on. The file need not exist yet.
    ///
    /// # Errors
    /// When the file is there and does not say how long it is.
    pub fn from_end(path: &Path) -> Result<Self, AccessLogError> {
        let offset = match std::fs::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(source) => {
                return Err(AccessLogError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            offset,
            pending: Vec::new(),
        })
    }

    /// Waits for the next line about the inbound request with this trace context, or about an inbound
    /// connection whose handshake failed; `None` when there is none in time.
    ///
    /// # Errors
    /// When the file cannot be read or a line does not parse.
    pub async fn next_about(
        &mut self,
        traceparent: &str,
        patience: Duration,
    ) -> Result<Option<AccessLogLine>, AccessLogError> {
        let started = Instant::now();
        loop {
            self.read_more().map_err(|source| AccessLogError::Read {
                path: self.path.clone(),
                source,
            })?;
            while let Some(line) = self.take_line()? {
                if line.is_about(traceparent) {
                    return Ok(Some(line));
                }
            }
            if started.elapsed() >= patience {
                return Ok(None);
            }
            sleep(POLL).await;
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let read = file.read_to_end(&mut self.pending)?;
        self.offset = self
            .offset
            .saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(())
    }

    /// The next whole line; a line that is still being written stays for the next time.
    fn take_line(&mut self) -> Result<Option<AccessLogLine>, AccessLogError> {
        let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') else {
            return Ok(None);
        };
        let line: Vec<u8> = self.pending.drain(..=end).collect();
        serde_json::from_slice(&line)
            .map(Some)
            .map_err(|source| AccessLogError::Line {
                path: self.path.clone(),
                line: String::from_utf8_lossy(&line).trim_end().to_owned(),
                source,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const SOON: Duration = Duration::from_millis(20);
    const MARK: &str = "00-1-2-01";

    #[tokio::test]
    async fn only_new_inbound_lines_about_the_request_are_read() {
        let path = crate::scratch::folder("access-log").join("access.jsonl");
        let line = |direction, mark| {
            format!(r#"{{"direction":"{direction}","traceparent":"{mark}","response_code":"#)
        };
        std::fs::write(&path, format!("{}200}}\n", line("inbound", MARK))).unwrap();
        let mut reader = AccessLogReader::from_end(&path).unwrap();
        assert_eq!(
            reader.next_about(MARK, SOON).await.unwrap(),
            None,
            "the line is old"
        );
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        let others = format!(
            "{}200}}\n{}200}}\n",
            line("outbound", MARK),
            line("inbound", "another")
        );
        write!(file, "{others}{}", line("inbound", MARK)).unwrap();
        assert_eq!(
            reader.next_about(MARK, SOON).await.unwrap(),
            None,
            "the line is half written"
        );
        file.write_all(b"403}\n").unwrap();
        let found = reader.next_about(MARK, SOON).await.unwrap().unwrap();
        assert_eq!(found.response_code, Some(403));
    }

    #[tokio::test]
    async fn a_file_that_comes_later_is_read_from_its_start() {
        let path = crate::scratch::folder("access-log-later").join("access.jsonl");
        let mut reader = AccessLogReader::from_end(&path).unwrap();
        std::fs::write(&path, "{\"direction\":\"inbound\",\"handshake_failure\":\"x\"}\n").unwrap();
        let line = reader.next_about(MARK, SOON).await.unwrap().unwrap();
        assert_eq!(line.handshake_failure.as_deref(), Some("x"));
    }

    #[tokio::test]
    async fn a_line_that_is_no_json_is_an_error_that_shows_it() {
        let path = crate::scratch::folder("access-log-broken").join("access.jsonl");
        let mut reader = AccessLogReader::from_end(&path).unwrap();
        std::fs::write(&path, "nonsense\n").unwrap();
        let error = reader.next_about(MARK, SOON).await.unwrap_err();
        assert!(error.to_string().ends_with("has the line `nonsense`"), "{error}");
    }
}
