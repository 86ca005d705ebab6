//! S-1: which policies apply to the workload, in policy order.

use serde_json::Value;

use super::configuration::View;
use super::documents::{field, list, text, text_field};
use super::policy::{Action, Policy, in_order};

/// The policies that are attached, without CUSTOM ones (`custom: ignore`).
pub(super) fn attached<'d>(view: &View<'d>) -> Result<Vec<Policy<'d>>, String> {
    let mut attached = Vec::new();
    for resource in in_order(view.resources()?, "AuthorizationPolicy")? {
        let policy = Policy::read(resource)?;
        if policy.action != Action::Custom && is_attached(view, &policy)? {
            attached.push(policy);
        }
    }
    Ok(attached)
}

fn is_attached(view: &View<'_>, policy: &Policy<'_>) -> Result<bool, String> {
    if !is_candidate(view, policy)? {
        return Ok(false);
    }
    let refs = target_refs(policy)?;
    match (view.gateway_name()?, view.waypoint_services()?) {
        // S-1.2: not a gateway: a policy with any targetRef is not attached; else the selector decides.
        (None, None) => Ok(refs.is_empty() && selects(view, policy.spec)?),
        // S-1.3: gateway, policy without targetRefs: waypoint: never.
        (_, Some(_)) if refs.is_empty() => Ok(false),
        // S-1.3: other gateway: selector rule.
        (Some(_), None) if refs.is_empty() => selects(view, policy.spec),
        // S-1.4: any ref is enough.
        (gateway, services) => {
            for target in refs {
                if is_target(view, policy, target, gateway, services)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// S-1.1: root, then workload ns, then (waypoint) service ns. A policy elsewhere never applies.
fn is_candidate(view: &View<'_>, policy: &Policy<'_>) -> Result<bool, String> {
    let namespace = policy.namespace;
    if namespace == view.root_namespace()? || namespace == view.workload_namespace()? {
        return Ok(true);
    }
    for service in view.waypoint_services()?.unwrap_or_default() {
        if text_field(service, "namespace")? == Some(namespace) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// S-1.4: "`targetRefs` wins; legacy `targetRef` only if the list is empty".
fn target_refs<'d>(policy: &Policy<'d>) -> Result<Vec<&'d Value>, String> {
    let refs = list(policy.spec, "targetRefs")?;
    if refs.is_empty() {
        return Ok(field(policy.spec, "targetRef").into_iter().collect());
    }
    Ok(refs.iter().collect())
}

/// S-1.2: "`selector` absent: attached; else all `matchLabels` pairs must be in the labels (`matchLabels: {}`: attached to all)".
pub(super) fn selects(view: &View<'_>, spec: &Value) -> Result<bool, String> {
    for (key, value) in match_labels(spec).into_iter().flatten() {
        if view.label(key)? != Some(text(value)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The labels of the selector, where it has one with labels.
pub(super) fn match_labels(spec: &Value) -> Option<&serde_json::Map<String, Value>> {
    let labels = field(field(spec, "selector")?, "matchLabels")?.as_object()?;
    (!labels.is_empty()).then_some(labels)
}

/// S-1.4, kind by kind.
fn is_target(
    view: &View<'_>,
    policy: &Policy<'_>,
    target: &Value,
    gateway: Option<&str>,
    services: Option<&[Value]>,
) -> Result<bool, String> {
    let kind = text_field(target, "kind")?.ok_or("no kind")?;
    let name = text_field(target, "name")?.ok_or("no name")?;
    match (text_field(target, "group")?.unwrap_or_default(), kind) {
        // "Service / ServiceEntry: waypoint only, name equal, policy ns = service ns, registry kubernetes / external."
        ("" | "core", "Service") | ("networking.istio.io", "ServiceEntry") => {
            is_service(services.unwrap_or_default(), kind, name, policy.namespace)
        }
        // "GatewayClass: policy in root ns, waypoint, name `istio-waypoint`."
        ("gateway.networking.k8s.io", "GatewayClass") => {
            let in_root = policy.namespace == view.root_namespace()?;
            Ok(in_root && services.is_some() && name == "istio-waypoint")
        }
        // "Gateway: policy ns = workload ns and name = gateway name."
        ("gateway.networking.k8s.io", "Gateway") => {
            Ok(policy.namespace == view.workload_namespace()? && gateway == Some(name))
        }
        (group, kind) => Err(format!("no target: `{kind}` of `{group}`")),
    }
}

fn is_service(services: &[Value], kind: &str, name: &str, namespace: &str) -> Result<bool, String> {
    for service in services {
        let same = text_field(service, "kind")? == Some(kind)
            && text_field(service, "name")? == Some(name)
            && text_field(service, "namespace")? == Some(namespace);
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}
