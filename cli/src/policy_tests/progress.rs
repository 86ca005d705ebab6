//! [`Progress`]: a bar on a terminal, while a large suite runs.

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::Terminal;

/// Fewer cases than this are done before anybody looks.
const WORTH_SHOWING: usize = 2000;

/// How far the run is.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(cases: usize, terminal: &Terminal) -> Self {
        if cases < WORTH_SHOWING || !terminal.shows_progress() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(u64::try_from(cases).unwrap_or(u64::MAX));
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} cases");
        Self(style.map_or(bar.clone(), |style| bar.with_style(style)))
    }

    pub(super) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
