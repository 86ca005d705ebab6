//! [`Script`]: a plugin, and what happens to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use spiffe_authz_host_sim::Callback;

use crate::parity::step::Step;
use crate::workspace;

/// One file of `tests/parity`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The name of the file without its ending: area and subject.
    #[serde(skip)]
    pub name: String,
    /// A sentence that is true on both sides.
    pub about: String,
    /// What the client speaks, and the upstream too.
    #[serde(default)]
    pub protocol: Protocol,
    /// What the client's connection is carried by.
    #[serde(default)]
    pub transport: Transport,
    /// What becomes of streams once the plugin has trapped.
    #[serde(default)]
    pub failure_policy: FailurePolicy,
    /// The least time between two loads of a VM, in milliseconds, where it is not Envoy's.
    #[serde(default)]
    pub reload_interval: Option<u64>,
    /// Another plugin behind this one, in the same VM.
    #[serde(default)]
    pub second: Option<Second>,
    /// The statements of the probe, by callback.
    #[serde(default)]
    pub probe: Option<BTreeMap<String, Vec<String>>>,
    /// The plugin in place of the probe, as text.
    #[serde(default)]
    pub wat: Option<String>,
    /// The statements of the probe in the VM's configuration: those of `vm_start`.
    #[serde(default)]
    pub vm: BTreeMap<String, Vec<String>>,
    /// The root id; the name of the script where nothing stands here.
    #[serde(default)]
    pub root_id: Option<String>,
    /// The environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The filter state that is shown at the end of each stream, by Envoy's key.
    #[serde(default)]
    pub filter_state: Vec<String>,
    /// Whether what the upstreams of calls get is compared. It cannot be where the plugin cancels a call at once: host-sim
    /// then has none.
    #[serde(default = "yes")]
    pub compare_calls: bool,
    /// What happens.
    pub steps: Vec<Step>,
    /// Where the two sides differ.
    #[serde(default)]
    pub differs: Vec<Differs>,
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2.
    Http2,
    /// Bytes.
    Tcp,
}

/// What carries a client's connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP alone.
    #[default]
    Plaintext,
    /// TLS, with a certificate of the client's.
    Mtls,
}

/// What becomes of streams once the plugin has trapped.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum FailurePolicy {
    /// They are refused.
    #[default]
    FailClosed,
    /// They pass.
    FailOpen,
    /// A new VM serves them after a while.
    FailReload,
    /// They pass, those that were in the VM too: Envoy's older field `fail_open`.
    LegacyFailOpen,
}

/// Another plugin of the same VM: the same module under another root id.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// The root id.
    pub root_id: String,
    /// The statements of the probe, by callback.
    #[serde(default)]
    pub probe: BTreeMap<String, Vec<String>>,
}

impl Second {
    /// The configuration that the plugin is given.
    #[must_use]
    pub fn plugin_configuration(&self) -> String {
        sections(self.probe.iter())
    }
}

impl FailurePolicy {
    /// Envoy's word for it, where it is not the older field.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::FailClosed => Some("FAIL_CLOSED"),
            Self::FailOpen => Some("FAIL_OPEN"),
            Self::FailReload => Some("FAIL_RELOAD"),
            Self::LegacyFailOpen => None,
        }
    }
}

/// Where host-sim differs from Envoy: what stands on host-sim's side, line by line, stands otherwise on Envoy's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differs {
    /// Why; the same words stand in the list of `host-sim/README.md`.
    pub why: String,
    /// Lines one behind the other; at least one.
    pub host_sim: Vec<String>,
    /// What stands in their place.
    pub envoy: Vec<String>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// When the text is none.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut script: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        name.clone_into(&mut script.name);
        script.refuse_unknown_sections()?;
        match (&script.probe, &script.wat) {
            (Some(_), None) | (None, Some(_)) => Ok(script),
            _ => Err("either `probe` or `wat`".to_owned()),
        }
    }

    /// Statements of a callback that there is not would run on neither side, and both would agree.
    fn refuse_unknown_sections(&self) -> Result<(), String> {
        let second = self.second.iter().flat_map(|second| second.probe.keys());
        let mut sections = self
            .probe
            .iter()
            .flat_map(BTreeMap::keys)
            .chain(self.vm.keys())
            .chain(second);
        match sections.find(|section| !is_callback(section)) {
            Some(section) => Err(format!(
                "`{section}` is no callback: the names of the ABI without `proxy_on_`"
            )),
            None => Ok(()),
        }
    }

    /// The configuration that the plugin is given.
    #[must_use]
    pub fn plugin_configuration(&self) -> String {
        sections(self.probe.iter().flatten())
    }

    /// The configuration that its VM is given.
    #[must_use]
    pub fn vm_configuration(&self) -> String {
        sections(self.vm.iter())
    }
}

/// Reads every script, in the order of their names.
///
/// # Errors
/// When a file cannot be read or is no script; the message names it.
pub fn load() -> Result<Vec<Script>, String> {
    let folder = workspace::root().join("tests/parity");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("cannot read `{}`: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// Reads the script of one file.
///
/// # Errors
/// When it cannot be read or is no script; the message names it.
pub fn read(path: &Path) -> Result<Script, String> {
    let failed = |error: String| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Script::parse(&name, &text).map_err(failed)
}

fn is_callback(section: &str) -> bool {
    let names = Callback::ALL.map(Callback::export);
    names
        .iter()
        .any(|name| name.strip_prefix("proxy_on_") == Some(section))
}

fn sections<'s>(sections: impl Iterator<Item = (&'s String, &'s Vec<String>)>) -> String {
    let mut text = String::new();
    for (callback, statements) in sections {
        text.push_str(&format!("[{callback}]\n"));
        for statement in statements {
            text.push_str(statement);
            text.push('\n');
        }
    }
    text
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_a_callback_that_there_is_not_are_an_error_that_names_it() {
        let text = "about: x\nprobe: {request_heders: [return pause]}\nsteps: []\n";
        let error = Script::parse("http-x", text).unwrap_err();
        assert!(error.starts_with("`request_heders` is no callback"), "{error}");
        assert!(Script::parse("http-x", &text.replace("heders", "headers")).is_ok());
    }
}
