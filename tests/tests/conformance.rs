//! The corpus on every engine: each pair of an engine and a case is a test of its own.

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use spiffe_authz_tests::corpus::{self, Case, CorpusFile, Expected, ExpectedProblem, PluginConfiguration};
use spiffe_authz_tests::engine::Engine;
use spiffe_authz_tests::engines;
use spiffe_authz_tests::problem::Problem;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match corpus::load() {
        Ok(corpus) => libtest_mimic::run(&arguments, trials(&corpus)).exit_code(),
        Err(error) => {
            eprintln!("the corpus cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}

fn trials(corpus: &[CorpusFile]) -> Vec<Trial> {
    let engines = engines::all(corpus);
    engines
        .iter()
        .flat_map(|engine| corpus.iter().flat_map(|file| trials_of_file(engine, file)))
        .collect()
}

fn trials_of_file(engine: &Arc<dyn Engine>, file: &CorpusFile) -> Vec<Trial> {
    match &file.expected {
        Expected::Decides(cases) => cases
            .iter()
            .map(|case| decision_trial(engine, file, case))
            .collect(),
        Expected::Refused(problems) => vec![refusal_trial(engine, file, problems)],
    }
}

fn decision_trial(engine: &Arc<dyn Engine>, file: &CorpusFile, case: &Case) -> Trial {
    let name = format!("{}::{}::{}", engine.name(), file.name, case.name);
    let (engine, configuration, case) = (Arc::clone(engine), file.configuration.clone(), case.clone());
    Trial::ignorable_test(name, move || judge(engine.as_ref(), &configuration, &case))
}

fn judge(
    engine: &dyn Engine,
    configuration: &PluginConfiguration,
    case: &Case,
) -> Result<Completion, Failed> {
    if let Some(reason) = engine.cannot_run(configuration, case) {
        return Ok(Completion::ignored_with(reason));
    }
    let found = engine.decide(configuration, case)?;
    if found == case.verdict {
        Ok(Completion::Completed)
    } else {
        Err(format!("expected {}, found {found}", case.verdict).into())
    }
}

fn refusal_trial(engine: &Arc<dyn Engine>, file: &CorpusFile, expected: &[ExpectedProblem]) -> Trial {
    let name = format!("{}::{}::is refused", engine.name(), file.name);
    let (engine, configuration, expected) =
        (Arc::clone(engine), file.configuration.clone(), expected.to_vec());
    Trial::ignorable_test(name, move || match engine.cannot_refuse() {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => compare(expected, engine.refuse(&configuration)?).map(|()| Completion::Completed),
    })
}

/// Exactly the expected places, in any order, each with the expected words.
fn compare(mut expected: Vec<ExpectedProblem>, mut found: Vec<Problem>) -> Result<(), Failed> {
    expected.sort_by(|left, right| left.at.cmp(&right.at));
    found.sort();
    let agree = |(expected, found): (&ExpectedProblem, &Problem)| {
        expected.at == found.at && found.message.contains(&expected.says)
    };
    if expected.len() == found.len() && expected.iter().zip(&found).all(agree) {
        Ok(())
    } else {
        Err(format!("expected {expected:#?}, found {found:#?}").into())
    }
}
