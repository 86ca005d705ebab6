//! [`Command`]: a line to paste into a shell, which asks `explain` about an example.

use std::path::Path;

use serde_json::Value;
use spiffe_authz_policy::Workload;

use crate::diff::flags::{Asking, asking, flag};
use crate::policies::{MeshArguments, holds_resources};

/// What is the same in the lines of all examples: the new policies, as they were given.
pub(super) struct Command {
    policies: String,
    /// Whether the flags of the command name the workload.
    is_workload_given: bool,
    /// The workload that the configuration itself names.
    stated: Option<Workload>,
}

impl Command {
    /// `path` is of the new policies, `stated` the workload that they name.
    pub(super) fn new(path: &Path, mesh: &MeshArguments, stated: Option<&Workload>) -> Self {
        let option = if holds_resources(path) {
            "--file"
        } else {
            "--config"
        };
        let mut flags = vec![flag(option, &path.display().to_string())];
        flags.extend(mesh_flags(mesh));
        Self {
            policies: flags.join(" "),
            is_workload_given: mesh.namespace.is_some(),
            stated: stated.cloned(),
        }
    }

    /// The line for an example of a workload.
    pub(super) fn line(&self, workload: &Workload, example: &Value) -> String {
        let is_stated = !self.is_workload_given && self.stated.as_ref() == Some(workload);
        if workload.waypoint.is_some() && !is_stated {
            return format!("{example}, with the service in `workload` of a plugin configuration");
        }
        let mut parts = vec!["spiffe-authz explain".to_owned(), self.policies.clone()];
        if !is_stated {
            parts.extend(workload_flags(workload));
        }
        match asking(example) {
            Asking::Flags(flags) => {
                parts.push(flags);
                parts.join(" ")
            }
            Asking::Input(input) => format!("{input} | {} --request -", parts.join(" ")),
        }
    }
}

fn mesh_flags(mesh: &MeshArguments) -> Vec<String> {
    let MeshArguments {
        profile,
        trust_domain,
        trust_domain_alias,
        root_namespace,
        // Each example has the workload of its own section.
        namespace: _,
        labels: _,
        custom,
    } = mesh;
    let profile = profile.map(|profile| flag("--profile", profile.name()));
    let domain = trust_domain.iter().map(|name| flag("--trust-domain", name));
    let aliases = trust_domain_alias
        .iter()
        .map(|name| flag("--trust-domain-alias", name));
    let root = root_namespace.iter().map(|name| flag("--root-namespace", name));
    let custom = custom.map(|custom| flag("--custom", custom.name()));
    let flags = profile.into_iter().chain(domain).chain(aliases).chain(root);
    flags.chain(custom).collect()
}

fn workload_flags(workload: &Workload) -> Vec<String> {
    let labels = workload.labels.iter();
    let labels: Vec<String> = labels.map(|(key, value)| format!("{key}={value}")).collect();
    let mut flags = vec![flag("--namespace", &workload.namespace)];
    if !labels.is_empty() {
        flags.push(flag("--labels", &labels.join(",")));
    }
    flags
}
