//! [`LogLines`]: the lines of logs, one after the other; memory holds one of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use spiffe_authz_analysis::observed::{Line, LineError, Observation, OtherLine};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// The longest line that is read, in bytes: a longer one is no line of a proxy.
const LONGEST: u64 = 1 << 20;

/// How many lines that cannot be read are shown.
const SHOWN: usize = 10;

/// What became of the lines.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// How many lines there were.
    pub(crate) lines: u64,
    /// How many told of a request or a connection.
    pub(crate) observations: u64,
    /// How many were passed over, by their kind.
    pub(crate) others: BTreeMap<OtherLine, u64>,
    /// How many could not be read.
    pub(crate) unread: u64,
    /// The first of those: where, and why.
    pub(crate) unread_examples: Vec<(Arc<str>, u64, String)>,
}

/// Reads logs and hands each observation on, with the name of the log and the line.
pub(crate) fn read(
    paths: &[PathBuf],
    terminal: &Terminal,
    mut take: impl FnMut(&Observation, &Arc<str>, u64) -> Result<(), Failure>,
) -> Result<Census, Failure> {
    let mut census = Census::default();
    let progress = progress(paths, terminal);
    for path in paths {
        let name: Arc<str> = Arc::from(path.display().to_string());
        let mut lines = LogLines::open(path, &progress)?;
        while let Some(line) = lines.next()? {
            if let Some(observation) = census.count(line, &name, lines.number) {
                take(&observation, &name, lines.number)?;
            }
        }
    }
    progress.finish_and_clear();
    Ok(census)
}

impl Census {
    fn count(&mut self, line: Result<Line, String>, log: &Arc<str>, number: u64) -> Option<Box<Observation>> {
        add_one(&mut self.lines);
        match line {
            Ok(Line::Observation(observation)) => {
                add_one(&mut self.observations);
                return Some(observation);
            }
            Ok(Line::Other(other)) => add_one(self.others.entry(other).or_default()),
            Err(reason) => {
                add_one(&mut self.unread);
                if self.unread_examples.len() < SHOWN {
                    self.unread_examples.push((Arc::clone(log), number, reason));
                }
            }
        }
        None
    }

    /// What became of the lines, for people.
    pub(crate) fn note(&self, terminal: &Terminal) {
        terminal.note(&format!(
            "read {} lines: {} requests and connections{}, {} unreadable",
            self.lines,
            self.observations,
            self.passed_over(),
            self.unread
        ));
        for (log, line, reason) in &self.unread_examples {
            terminal.note(&format!("  {log}:{line}: {reason}"));
        }
        let shown = u64::try_from(self.unread_examples.len()).unwrap_or(u64::MAX);
        if let Some(more @ 1..) = self.unread.checked_sub(shown) {
            terminal.note(&format!("  and {more} more"));
        }
    }

    fn passed_over(&self) -> String {
        let kinds = self
            .others
            .iter()
            .map(|(kind, count)| format!(", {count} {}", other_name(*kind)));
        kinds.collect()
    }
}

/// The lines that were passed over, for people.
pub(crate) fn other_name(kind: OtherLine) -> &'static str {
    match kind {
        OtherLine::Blank => "blank",
        OtherLine::EnvoyLog => "others of Envoy's log",
        OtherLine::Outbound => "outbound",
        OtherLine::FailedHandshake => "failed handshakes",
    }
}

fn add_one(count: &mut u64) {
    *count = count.saturating_add(1);
}

/// The lines of one log.
struct LogLines<'p> {
    path: &'p Path,
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
    number: u64,
}

impl<'p> LogLines<'p> {
    fn open(path: &'p Path, progress: &ProgressBar) -> Result<Self, Failure> {
        let reader: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(BufReader::new(progress.wrap_read(std::io::stdin())))
        } else {
            let file = File::open(path).map_err(|reason| unreadable(path, reason))?;
            Box::new(BufReader::with_capacity(1 << 16, progress.wrap_read(file)))
        };
        Ok(Self {
            path,
            reader,
            buffer: Vec::new(),
            number: 0,
        })
    }

    /// The next line; one that cannot be understood is an error within.
    fn next(&mut self) -> Result<Option<Result<Line, String>>, Failure> {
        self.buffer.clear();
        let mut limited = self.reader.by_ref().take(LONGEST);
        let read = limited.read_until(b'\n', &mut self.buffer);
        if read.map_err(|reason| unreadable(self.path, reason))? == 0 {
            return Ok(None);
        }
        add_one(&mut self.number);
        if !self.buffer.ends_with(b"\n") && limited.limit() == 0 {
            self.skip_line()?;
            return Ok(Some(Err(format!("longer than {LONGEST} bytes"))));
        }
        Ok(Some(
            Line::read(&self.buffer).map_err(|error: LineError| error.to_string()),
        ))
    }

    fn skip_line(&mut self) -> Result<(), Failure> {
        self.reader
            .skip_until(b'\n')
            .map(|_| ())
            .map_err(|reason| unreadable(self.path, reason))
    }
}

fn unreadable(path: &Path, reason: std::io::Error) -> Failure {
    Failure::Unreadable {
        path: path.to_owned(),
        reason,
    }
}

/// A bar over the bytes of all files; none where a log has no length, or nobody looks.
fn progress(paths: &[PathBuf], terminal: &Terminal) -> ProgressBar {
    let lengths = paths
        .iter()
        .map(|path| std::fs::metadata(path).map(|file| file.len()).ok());
    let total: Option<u64> = lengths.sum();
    match total.filter(|_| terminal.shows_progress()) {
        None => ProgressBar::hidden(),
        Some(bytes) => {
            let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left");
            let bar = ProgressBar::new(bytes);
            match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        }
    }
}
