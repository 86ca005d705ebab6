//! The steps of a page.

/// The commands of a page, in order.
#[derive(Debug)]
pub(crate) struct Walkthrough {
    pub(crate) steps: Vec<Step>,
}

/// One command, or a block of them.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Step {
    /// The line of the page, from 1.
    pub(crate) line: usize,
    pub(crate) command: String,
    /// What it prints; `None` where the page does not show it.
    pub(crate) output: Option<String>,
    pub(crate) exit_code: i32,
}

/// What the lines of a block are.
enum Block {
    Other,
    Script,
    Console,
}

impl Walkthrough {
    pub(crate) fn of(page: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut block = None;
        for (number, line) in page.lines().enumerate() {
            match (&block, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    let opened = Block::of(language);
                    if matches!(opened, Block::Script) {
                        steps.push(Step::at(number + 2));
                    }
                    block = Some(opened);
                }
                (Some(_), Some(_)) => block = None,
                (Some(Block::Script), None) => steps.last_mut().unwrap().add_command(line),
                (Some(Block::Console), None) => console(line, number + 1, &mut steps),
                (Some(Block::Other) | None, None) => {}
            }
        }
        Self { steps }
    }
}

impl Block {
    fn of(language: &str) -> Self {
        match language {
            "sh" => Self::Script,
            "console" => Self::Console,
            _ => Self::Other,
        }
    }
}

fn console(line: &str, number: usize, steps: &mut Vec<Step>) {
    if let Some(command) = line.strip_prefix("$ ") {
        let mut step = Step::at(number);
        step.add_command(command);
        step.output = Some(String::new());
        steps.push(step);
        return;
    }
    let step = steps.last_mut().expect("a console block begins with a command");
    let output = step
        .output
        .as_mut()
        .expect("a console block begins with a command");
    match line.strip_prefix("? ") {
        Some(code) if output.is_empty() => step.exit_code = code.parse().expect("an exit code"),
        Some(_) | None if step.command.ends_with("\\\n") => step.add_command(line),
        Some(_) | None => {
            output.push_str(line);
            output.push('\n');
        }
    }
}

impl Step {
    fn at(line: usize) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    fn add_command(&mut self, line: &str) {
        self.command.push_str(line);
        self.command.push('\n');
    }
}

#[test]
fn a_page_gives_its_commands_with_their_output_and_exit_codes() {
    let page = "text\n```sh\na=1\nb=2\n```\n```yaml\nno: command\n```\n```console\n$ one \\\n    two\nout 1\nout 2\n\
                $ three\n? 2\nout 3\n```\n";
    let step = |line, command: &str, output: Option<&str>, exit_code| Step {
        line,
        command: command.to_owned(),
        output: output.map(ToOwned::to_owned),
        exit_code,
    };
    let expected = [
        step(3, "a=1\nb=2\n", None, 0),
        step(10, "one \\\n    two\n", Some("out 1\nout 2\n"), 0),
        step(14, "three\n", Some("out 3\n"), 2),
    ];
    assert_eq!(Walkthrough::of(page).steps, expected);
}
