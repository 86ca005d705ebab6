//! The built filter in host-sim.

use std::fs;
use std::sync::OnceLock;

use spiffe_authz_host_sim::{
    Clock, Limits, Module, Plugin, PluginError, PluginFailure, PluginSetup, Simulator,
};
use spiffe_authz_simulate::surroundings::clock;
use spiffe_authz_simulate::{Player, Surroundings, player};

use crate::corpus::{Case, PluginConfiguration};
use crate::engine::Engine;
use crate::engines::limits;
use crate::problem::{self, Problem};
use crate::verdict::Verdict;
use crate::workspace;

/// The filter on wasmtime, a plugin of its own for each case. The module is compiled once.
#[derive(Default)]
pub struct HostSim {
    module: OnceLock<Result<Module, String>>,
    player: Player,
}

impl Engine for HostSim {
    fn name(&self) -> &'static str {
        "host_sim"
    }

    fn cannot_run(&self, configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
        limits::no_destination_port(case)
            .or_else(|| limits::no_address(configuration, case))
            .or_else(|| limits::no_time(configuration, case))
            .or_else(|| limits::no_end_of_certificate(configuration, case))
            .or_else(|| limits::end_within_a_second(case))
            .or_else(|| limits::facts_beyond_ascii(configuration, case))
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        let mut plugin = self
            .start(
                configuration,
                clock(&case.request).map_err(|error| error.to_string())?,
            )?
            .map_err(|error| error.to_string())?;
        let surroundings = Surroundings::of(&configuration.json);
        let played = self
            .player
            .play(&mut plugin, &surroundings, &case.request)
            .map_err(|error| error.to_string())?;
        Ok(played.verdict)
    }

    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        let Err(PluginError { failure, log, .. }) = self.start(configuration, Clock::System)? else {
            return Err("the configuration is accepted".to_owned());
        };
        if failure != PluginFailure::ConfigurationRefused {
            return Err(failure.to_string());
        }
        let lines: Vec<_> = log.iter().map(|line| line.text()).collect();
        problem::from_log(lines.iter().map(AsRef::as_ref))
    }
}

impl HostSim {
    fn start(
        &self,
        configuration: &PluginConfiguration,
        clock: Clock,
    ) -> Result<Result<Plugin, PluginError>, String> {
        let module = self.module.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        let setup = PluginSetup {
            clock,
            ..player::setup(configuration.json.as_bytes())
        };
        Ok(Plugin::start(module, setup))
    }
}

fn compile() -> Result<Module, String> {
    let path = workspace::filter_wasm()?;
    let wasm = fs::read(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let simulator = Simulator::new(Limits::default()).map_err(|error| error.to_string())?;
    simulator.module(&wasm).map_err(|error| error.to_string())
}
