//! [`Process`]: how long a process has run on a CPU, to the nanosecond.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A process whose threads the scheduler accounts for.
#[derive(Clone, Debug)]
pub struct Process {
    tasks: PathBuf,
}

impl Process {
    /// The process of this id.
    #[must_use]
    pub fn new(id: u32) -> Self {
        let tasks = Path::new("/proc").join(id.to_string()).join("task");
        Self { tasks }
    }

    /// What all its threads together have had so far. The ticks of `/proc/PID/stat` are of ten milliseconds, in which
    /// hundreds of requests are answered.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn usage(&self) -> Result<Usage, String> {
        let unread = |error: std::io::Error| format!("cannot read `{}`: {error}", self.tasks.display());
        let mut sum = Usage::default();
        for task in fs::read_dir(&self.tasks).map_err(unread)? {
            let file = task.map_err(unread)?.path().join("schedstat");
            match fs::read_to_string(&file) {
                Ok(text) => sum.add(usage(&text).ok_or_else(|| format!("`{text}` is no schedstat"))?),
                Err(error) if has_ended(&error) => {}
                Err(error) => return Err(unread(error)),
            }
        }
        Ok(sum)
    }
}

/// Whether a thread that was listed has ended since: before its file was opened, or between that and the reading.
fn has_ended(error: &std::io::Error) -> bool {
    const NO_SUCH_PROCESS: i32 = 3;
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(NO_SUCH_PROCESS)
}

/// What a process has had of the machine, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// How long it has run.
    pub run: u64,
    /// How long it has been ready to run, while something else did.
    pub waited: u64,
}

impl Usage {
    /// What was used since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            run: self.run.saturating_sub(earlier.run),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }

    fn add(&mut self, other: Self) {
        self.run += other.run;
        self.waited += other.waited;
    }
}

/// Of the three numbers: time on a CPU, time in the queue for one, and how often.
fn usage(schedstat: &str) -> Option<Usage> {
    let numbers: Vec<u64> = schedstat
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    match numbers[..] {
        [run, waited, _] => Some(Usage { run, waited }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_begin_with_the_time_on_a_cpu_and_in_the_queue_for_one() {
        let expected = Usage {
            run: 1_025_700,
            waited: 2_387_612,
        };
        assert_eq!(usage("1025700 2387612 2\n"), Some(expected));
    }

    #[test]
    fn what_is_not_three_numbers_is_no_schedstat() {
        for text in ["", "1 2", "1 2 3 4", "1 two 3", "-1 2 3"] {
            assert_eq!(usage(text), None, "{text}");
        }
    }

    #[test]
    fn the_time_of_a_process_that_works_grows() {
        let this = Process::new(std::process::id());
        let before = this.usage().unwrap();
        let mut sum = 0_u64;
        while this.usage().unwrap().since(before).run == 0 {
            sum = (0..1_000_000_u64).fold(sum, |sum, number| sum ^ std::hint::black_box(number));
        }
    }

    #[test]
    fn threads_that_end_meanwhile_are_passed_over() {
        let this = Process::new(std::process::id());
        let coming_and_going = std::thread::spawn(|| {
            for _ in 0..2_000 {
                std::thread::spawn(|| {}).join().unwrap();
            }
        });
        while !coming_and_going.is_finished() {
            this.usage().unwrap();
        }
    }

    #[test]
    fn a_process_that_is_not_there_has_no_time() {
        assert!(Process::new(u32::MAX).usage().is_err());
    }
}
