//! Rotation: a new SVID in time, again and again, until somebody ends it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration as Wait, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use spiffe_authz_pki::Duration;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::svid::issue::{Arguments, issue, say};
use crate::terminal::Terminal;

/// How soon a rotation that failed is tried again, where it is not due sooner anyway.
const RETRY: Wait = Wait::from_secs(5);

/// How often: as asked, or at half of the validity. An SVID must not end before the next is there.
pub(crate) fn interval(arguments: &Arguments) -> Result<Wait, Failure> {
    let valid = wait(arguments.valid);
    let every = arguments.every.map_or(valid.mul_f64(0.5), wait);
    if every >= valid {
        return Err(Failure::Use(
            "`--every` must be shorter than `--valid`: an SVID would end before the next is issued"
                .to_owned(),
        ));
    }
    Ok(every)
}

/// A span of the command line, which is never negative.
fn wait(span: Duration) -> Wait {
    Wait::try_from(span).unwrap_or(RETRY)
}

/// Issues one set each time it is due; what was due while the machine slept is issued once. An error is told, the set that
/// is there stays, and it is tried again.
pub(crate) fn run(arguments: &Arguments, every: Wait, terminal: &Terminal) -> Result<Outcome, Failure> {
    let end = end_on_signals()?;
    let mut due = Instant::now();
    let mut next = every;
    loop {
        due = due
            .checked_add(next)
            .unwrap_or_else(Instant::now)
            .max(Instant::now());
        match end.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        next = match issue(arguments, terminal) {
            Ok(line) => {
                say(&line)?;
                every
            }
            Err(failure) => {
                terminal.error(&failure);
                let retry = every.min(RETRY);
                terminal.note(&format!(
                    "the SVID in `{}` stays; the next try is in {} s",
                    arguments.out.display(),
                    retry.as_secs()
                ));
                retry
            }
        };
    }
    terminal.note("ended: the SVID stays until it expires");
    Ok(Outcome::Yes)
}

/// Says so once when the process is asked to end.
fn end_on_signals() -> Result<Receiver<()>, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|reason| Failure::Use(format!("cannot watch for signals: {reason}")))?;
    let (end, ended) = channel();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            // Nobody listens any more where the rotation has ended already.
            let _ = end.send(());
        }
    });
    Ok(ended)
}
