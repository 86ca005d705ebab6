//! [`View`]: both documents, and what the plugin configuration says about mesh and workload.

use serde_json::Value;

use super::documents::{field, list, text, text_field};

/// The two documents that a decision is made from.
#[derive(Clone, Copy)]
pub(super) struct View<'d> {
    pub(super) configuration: &'d Value,
    pub(super) request: &'d Value,
    pub(super) profile: Profile,
}

/// Section 0: two profiles.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Profile {
    ZeroTrust,
    Istio,
}

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

impl<'d> View<'d> {
    pub(super) fn new(configuration: &'d Value, request: &'d Value) -> Result<Self, String> {
        let profile = match text_field(configuration, "profile")? {
            None | Some("zero-trust") => Profile::ZeroTrust,
            Some("istio") => Profile::Istio,
            Some(other) => return Err(format!("no profile: `{other}`")),
        };
        Ok(Self {
            configuration,
            request,
            profile,
        })
    }

    pub(super) fn resources(&self) -> Result<&'d [Value], String> {
        list(self.configuration, "resources")
    }

    /// S-11: TDs = [meshConfig.trustDomain] + trustDomainAliases.
    pub(super) fn trust_domains(&self) -> Result<Vec<&'d str>, String> {
        let mesh = field(self.configuration, "mesh").unwrap_or(&Value::Null);
        let own = text_field(mesh, "trustDomain")?.unwrap_or("cluster.local");
        let aliases = list(mesh, "trustDomainAliases")?;
        std::iter::once(Ok(own)).chain(aliases.iter().map(text)).collect()
    }

    /// What is asked of the identity of peers.
    pub(super) fn svid(&self) -> &'d Value {
        field(self.configuration, "svid").unwrap_or(&Value::Null)
    }

    /// S-1: root namespace (default `istio-system`).
    pub(super) fn root_namespace(&self) -> Result<&'d str, String> {
        let mesh = field(self.configuration, "mesh").unwrap_or(&Value::Null);
        Ok(text_field(mesh, "rootNamespace")?.unwrap_or("istio-system"))
    }

    fn workload(&self) -> Result<&'d Value, String> {
        field(self.configuration, "workload").ok_or_else(|| "no workload".to_owned())
    }

    pub(super) fn workload_namespace(&self) -> Result<&'d str, String> {
        text_field(self.workload()?, "namespace")?.ok_or_else(|| "no namespace of the workload".to_owned())
    }

    pub(super) fn label(&self, name: &str) -> Result<Option<&'d str>, String> {
        let labels = field(self.workload()?, "labels").unwrap_or(&Value::Null);
        text_field(labels, name)
    }

    /// S-1: "is gateway" (label `gateway.networking.k8s.io/gateway-name` present); its value is the gateway's name.
    pub(super) fn gateway_name(&self) -> Result<Option<&'d str>, String> {
        self.label(GATEWAY_NAME)
    }

    /// The services of a waypoint; `None` where the workload is none.
    pub(super) fn waypoint_services(&self) -> Result<Option<&'d [Value]>, String> {
        field(self.workload()?, "waypoint")
            .map(|waypoint| list(waypoint, "services"))
            .transpose()
    }
}
