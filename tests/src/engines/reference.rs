//! The reference interpreter, in this process.

use crate::corpus::{Case, PluginConfiguration};
use crate::engine::Engine;
use crate::problem::Problem;
use crate::reference::decide;
use crate::verdict::Verdict;

/// What the specification says, by the second reading of it.
pub struct Reference;

impl Engine for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn cannot_run(&self, _configuration: &PluginConfiguration, _case: &Case) -> Option<&'static str> {
        None
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        let configuration = serde_json::from_str(&configuration.json).map_err(|error| error.to_string())?;
        decide(&configuration, &case.request_document)
    }

    fn cannot_refuse(&self) -> Option<&'static str> {
        Some("the reference does not look for mistakes")
    }

    fn refuse(&self, _configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        Err("the reference does not look for mistakes".to_owned())
    }
}
