//! [`SimulateError`]: why requests could not be played.

use std::path::PathBuf;

use spiffe_authz_simulate::SimulationError;

/// What stands in the way of the simulation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    /// There is no built filter where one is looked for.
    #[error(
        "no built filter at {}: build it with `make wasm`, or name it with `--module FILE` or SPIFFE_AUTHZ_FILTER",
        places(.looked_at)
    )]
    NoModule { looked_at: Vec<PathBuf> },
    /// The file is no module that speaks proxy-wasm.
    #[error("`{}` is not a built filter: {reason}; build it with `make wasm`", path.display())]
    NotAFilter { path: PathBuf, reason: String },
    /// The machine cannot run the simulator.
    #[error("{0}")]
    NoSimulator(String),
    /// The filter refused a configuration that the engine takes.
    #[error(
        "the filter refuses the configuration, which the engine of this command takes; is it of another version? {0}"
    )]
    Refused(String),
    /// A request that could not be played.
    #[error("request {number}: {reason}")]
    Request { number: usize, reason: SimulationError },
}

fn places(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    paths.join(" or ")
}
