//! [`Engine`]: something that decides requests by a plugin configuration.

use crate::corpus::{Case, PluginConfiguration};
use crate::problem::Problem;
use crate::verdict::Verdict;

/// One way to run the corpus.
pub trait Engine: Send + Sync {
    /// The first part of the names of its tests.
    fn name(&self) -> &'static str;

    /// Why this engine cannot run the case under this configuration, if it cannot.
    fn cannot_run(&self, configuration: &PluginConfiguration, case: &Case) -> Option<&'static str>;

    /// Decides the request of the case.
    ///
    /// # Errors
    /// When there is no verdict, with the reason.
    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String>;

    /// Why this engine does not judge configurations that must be refused, if it does not.
    fn cannot_refuse(&self) -> Option<&'static str> {
        None
    }

    /// The problems for which the configuration is refused.
    ///
    /// # Errors
    /// When the configuration is accepted or the engine fails.
    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String>;
}
