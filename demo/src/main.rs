//! The command `spiffe-authz-demo`.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use spiffe_authz_demo::commands::{Arguments, End};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let end = match runtime {
        Ok(runtime) => runtime
            .block_on(arguments.execute())
            .map_err(|error| chain(&error)),
        Err(error) => Err(chain(&error)),
    };
    match end {
        Ok(End::Good) => ExitCode::SUCCESS,
        Ok(End::Bad) => ExitCode::FAILURE,
        Ok(End::Stopped) => ExitCode::from(2),
        Ok(End::Interrupted(signal)) => ExitCode::from(128_u8.saturating_add(signal)),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The message of an error and of all its causes.
fn chain(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    message
}
