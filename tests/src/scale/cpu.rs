//! How long the threads of a process have run, as the scheduler counts it, to the nanosecond: the ticks of
//! `/proc/PID/stat` are of ten milliseconds, in which a small set has reached all its proxies.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// All threads of this process.
///
/// # Errors
/// When the operating system does not say.
pub fn of_process(id: u32) -> Result<Duration, String> {
    of_threads(id, |_| true)
}

/// All threads of this process but its first one, which measures the others.
///
/// # Errors
/// When the operating system does not say.
pub fn of_other_threads() -> Result<Duration, String> {
    let id = std::process::id();
    of_threads(id, |thread| thread != id.to_string())
}

fn of_threads(id: u32, is_counted: impl Fn(&str) -> bool) -> Result<Duration, String> {
    let folder = Path::new("/proc").join(id.to_string()).join("task");
    let unread = |error: std::io::Error| format!("cannot read `{}`: {error}", folder.display());
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(&folder).map_err(unread)? {
        let thread = thread.map_err(unread)?;
        if is_counted(&thread.file_name().to_string_lossy()) {
            let text = fs::read_to_string(thread.path().join("schedstat"));
            // A thread that has ended since has no file.
            sum += text.map_or(Ok(Duration::ZERO), |text| run_time(&text))?;
        }
    }
    Ok(sum)
}

fn run_time(schedstat: &str) -> Result<Duration, String> {
    let run = schedstat.split(' ').next().and_then(|run| run.parse().ok());
    run.map(Duration::from_nanos)
        .ok_or_else(|| format!("`{schedstat}` is no schedstat"))
}
