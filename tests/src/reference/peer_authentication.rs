//! P-1 to P-5: whether the connection must be mTLS.

use serde_json::Value;

use super::configuration::{Profile, View};
use super::documents::{field, text_field};
use super::policy::in_order;
use super::selection::{match_labels, selects};

/// P-4: "HBONE (15008) is always STRICT".
const HBONE: u16 = 15008;

/// Whether a peer without a certificate is denied here.
pub(super) fn is_strict(view: &View<'_>) -> Result<bool, String> {
    let port = view.destination_port()?;
    if port == Some(HBONE) {
        return Ok(true);
    }
    let base = base_mode(view)?;
    // P-3: "mode(port) = portLevel[port] if present (UNSET: base) else base", and "only from the chosen workload policy".
    let workload = chosen(view, Scope::Workload)?.unwrap_or(&Value::Null);
    let modes = match port {
        Some(port) => vec![port_mode(workload, &port.to_string())?.or(base)],
        None => modes_of_all_ports(workload, base)?,
    };
    // Section 0, "PeerAuthentication absent".
    let default = match view.profile {
        Profile::ZeroTrust => "STRICT",
        Profile::Istio => "PERMISSIVE",
    };
    Ok(modes.into_iter().any(|mode| mode.unwrap_or(default) == "STRICT"))
}

/// P-4: where the port cannot be told, STRICT if any port is.
fn modes_of_all_ports<'d>(
    workload: &'d Value,
    base: Option<&'d str>,
) -> Result<Vec<Option<&'d str>>, String> {
    let mut modes = vec![base];
    let ports = field(workload, "portLevelMtls").and_then(Value::as_object);
    for port in ports.into_iter().flat_map(|ports| ports.keys()) {
        modes.push(port_mode(workload, port)?.or(base));
    }
    Ok(modes)
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Workload,
    Namespace,
    Mesh,
}

/// P-3: "first set of: workload, namespace, mesh".
fn base_mode<'d>(view: &View<'d>) -> Result<Option<&'d str>, String> {
    for scope in [Scope::Workload, Scope::Namespace, Scope::Mesh] {
        let mtls = chosen(view, scope)?.and_then(|spec| field(spec, "mtls"));
        if let Some(mode) = mtls.map(mode).transpose()?.flatten() {
            return Ok(Some(mode));
        }
    }
    Ok(None)
}

/// P-3: "UNSET or absent `mtls` = inherit".
fn mode(mtls: &Value) -> Result<Option<&str>, String> {
    Ok(text_field(mtls, "mode")?.filter(|mode| *mode != "UNSET"))
}

fn port_mode<'d>(spec: &'d Value, port: &str) -> Result<Option<&'d str>, String> {
    let ports = field(spec, "portLevelMtls").unwrap_or(&Value::Null);
    match field(ports, port) {
        None => Ok(None),
        Some(mtls) => mode(mtls),
    }
}

/// P-2: "per class the oldest wins (creation time in seconds, tie: name, then namespace)".
fn chosen<'d>(view: &View<'d>, scope: Scope) -> Result<Option<&'d Value>, String> {
    for resource in in_order(view.resources()?, "PeerAuthentication")? {
        let spec = field(resource, "spec").unwrap_or(&Value::Null);
        let metadata = field(resource, "metadata").ok_or("no metadata")?;
        let namespace = text_field(metadata, "namespace")?.ok_or("no namespace")?;
        if scope_of(view, namespace, spec)? == Some(scope) {
            return Ok(Some(spec));
        }
    }
    Ok(None)
}

/// P-1: "no selector or empty matchLabels: mesh-level if in root ns, else namespace-level; selector and not root ns:
/// workload-level; selector in root ns: ignored". `None` where it does not speak for this workload.
fn scope_of(view: &View<'_>, namespace: &str, spec: &Value) -> Result<Option<Scope>, String> {
    let in_root = namespace == view.root_namespace()?;
    let own = namespace == view.workload_namespace()?;
    Ok(match (match_labels(spec).is_some(), in_root) {
        (false, true) => Some(Scope::Mesh),
        (false, false) => own.then_some(Scope::Namespace),
        (true, true) => None,
        (true, false) => (own && selects(view, spec)?).then_some(Scope::Workload),
    })
}
