//! The change itself: one word in the policies, given to the running Envoys.

use std::path::Path;

use super::super::apply::give;
use crate::error::DemoError;
use crate::layout::Layout;
use crate::migration::error::MigrationError;
use crate::migration::peer::Mode;
use crate::policies::POLICIES;
use crate::replace_file::replace_file;
use crate::state::State;
use crate::workload::Workload;

/// Payments is the only workload of the demo's policies that takes plaintext.
const PERMISSIVE: &str = "PERMISSIVE";
const STRICT: &str = "STRICT";

/// The policies of the demo, with this mode for payments.
pub(super) fn policies(mode: Mode) -> Result<String, MigrationError> {
    match POLICIES.matches(PERMISSIVE).count() {
        1 => Ok(match mode {
            Mode::Permissive => POLICIES.to_owned(),
            Mode::Strict => POLICIES.replace(PERMISSIVE, STRICT),
        }),
        count => Err(MigrationError::Policies {
            mode: PERMISSIVE,
            count,
        }),
    }
}

/// What changes, as `diff` shows it.
pub(super) fn difference(from: Mode, to: Mode) -> String {
    format!(
        "   policies.yaml, PeerAuthentication shop/payments:\n   -  mtls: {{mode: {}}}\n   +  mtls: {{mode: {}}}\n",
        word(from),
        word(to)
    )
}

/// Writes the policies down and gives them to every Envoy of the mesh; returns when they are in force.
pub(super) async fn put_in_force(layout: &Layout, state: &State, mode: Mode) -> Result<(), DemoError> {
    let policies = policies(mode)?;
    write(&layout.policies(), &policies)?;
    for workload in Workload::ALL {
        if !give(layout, state, workload, &policies).await? {
            return Err(DemoError::Refused { workload });
        }
    }
    Ok(())
}

/// Writes a file of the walk.
pub(super) fn write(path: &Path, text: &str) -> Result<(), MigrationError> {
    replace_file(path, text).map_err(|source| MigrationError::Write {
        path: path.to_owned(),
        source,
    })
}

const fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Permissive => PERMISSIVE,
        Mode::Strict => STRICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::parse_policies;

    #[test]
    fn the_mode_of_payments_is_all_that_changes() {
        let [before, after] = [Mode::Permissive, Mode::Strict].map(|mode| policies(mode).unwrap());
        let differing: Vec<(&str, &str)> = before
            .lines()
            .zip(after.lines())
            .filter(|(before, after)| before != after)
            .collect();
        assert_eq!(
            differing,
            [("      mtls: {mode: PERMISSIVE}", "      mtls: {mode: STRICT}")]
        );
        let resources = &parse_policies(&after).unwrap()["resources"];
        assert_eq!(resources[1]["metadata"]["name"], "payments");
        assert_eq!(resources[1]["spec"]["mtls"]["mode"], "STRICT");
    }
}
