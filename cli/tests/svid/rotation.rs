//! `svid issue --watch`: the set is replaced until it is told to end.

use super::*;

/// A rotation under way; ended at the end of the test, whatever comes of it.
struct Rotation {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Rotation {
    fn start(folder: &TempDir) -> Self {
        let arguments = [&ISSUE[..], &["--valid", "1m", "--every", "1s", "--watch"]].concat();
        let mut child = command(folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").unwrap()
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    fn end(mut self, signal: &str) -> Output {
        self.signal(signal);
        let _ = self.lines.by_ref().count();
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Output {
            status,
            stdout: Vec::new(),
            stderr: stderr.into_bytes(),
        }
    }
}

impl Drop for Rotation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_rotation_replaces_the_set_until_it_is_told_to_end() {
    for signal in ["-TERM", "-INT"] {
        let folder = with_ca();
        let mut rotation = Rotation::start(&folder);
        let first = rotation.line();
        assert!(first.contains(" issued ") && first.contains(ORDERS), "{first}");
        let before = read(&folder, "orders/svid.pem");
        rotation.line();
        assert_ne!(read(&folder, "orders/svid.pem"), before);
        let output = rotation.end(signal);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let (valid, _) = inspect(
            &folder,
            &["orders/svid.pem", "--bundle", "orders/svid_bundle.pem"],
        );
        assert_eq!(valid, 0);
    }
}

#[test]
fn a_rotation_that_fails_leaves_the_last_set_and_is_tried_again() {
    let folder = with_ca();
    let mut rotation = Rotation::start(&folder);
    rotation.line();
    std::fs::rename(folder.path().join("ca"), folder.path().join("away")).unwrap();
    // The set that was being issued may still come through; the next one cannot.
    let mut errors = BufReader::new(rotation.child.stderr.take().unwrap()).lines();
    let error = errors
        .find(|line| line.as_ref().unwrap().contains("cannot read"))
        .unwrap()
        .unwrap();
    assert!(error.contains("ca.pem"), "{error}");
    let (valid, _) = inspect(&folder, &["orders/svid.pem"]);
    assert_eq!(valid, 0);
    std::fs::rename(folder.path().join("away"), folder.path().join("ca")).unwrap();
    assert!(rotation.line().contains(" issued "));
}

#[test]
fn an_svid_must_not_end_before_the_next_is_issued() {
    let folder = with_ca();
    let output = issue(&folder, &["--valid", "10m", "--every", "10m", "--watch"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("`--every` must be shorter"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("orders").exists());
}
