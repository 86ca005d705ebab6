//! [`Shell`]: one shell for all steps, in which variables and processes in the background stay.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::Step;

/// A step that waits for what never comes ends here.
const LONGEST: Duration = Duration::from_secs(90);

/// Where the steps are run.
pub(crate) struct Shell {
    pub(crate) folder: PathBuf,
    /// Beside those of this process.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// What a step did.
pub(crate) struct Done {
    pub(crate) output: String,
    pub(crate) exit_code: Option<i32>,
}

impl Shell {
    /// Runs the steps. What is still running at the end is ended.
    pub(crate) fn run(&self, steps: &[Step]) -> Vec<Done> {
        let record = tempfile::tempdir().unwrap();
        let path = |name: String| record.path().join(name);
        let mut script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\ntrap exit TERM\n".to_owned();
        for (number, step) in steps.iter().enumerate() {
            let (output, code) = (path(format!("{number}.out")), path(format!("{number}.code")));
            let line = format!(
                "{{\n{}}} > '{}' 2>&1; echo $? > '{}'\n",
                step.command,
                output.display(),
                code.display()
            );
            script.push_str(&line);
        }
        let file = path("steps.sh".to_owned());
        fs::write(&file, script).unwrap();
        let mut shell = Command::new("bash");
        shell
            .arg(&file)
            .current_dir(&self.folder)
            .envs(self.variables.clone());
        end_in_time(shell.spawn().expect("bash runs"));
        let done = |number: usize| Done {
            output: fs::read_to_string(path(format!("{number}.out"))).unwrap_or_default(),
            exit_code: fs::read_to_string(path(format!("{number}.code")))
                .ok()
                .and_then(|code| code.trim().parse().ok()),
        };
        (0..steps.len()).map(done).collect()
    }
}

/// Waits for the shell. One that takes too long is asked to end, so that it ends what it started.
fn end_in_time(mut shell: Child) {
    let start = Instant::now();
    while shell.try_wait().expect("the shell is a child").is_none() {
        if start.elapsed() > LONGEST {
            let _ = Command::new("kill").arg(shell.id().to_string()).status();
            shell.wait().expect("the shell ends");
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
