//! The order of a decision: the size of the request, PeerAuthentication, the peer's identity, the forms of host and path, the
//! policies.

use serde_json::Value;

use super::configuration::View;
use super::hosts;
use super::identity;
use super::layers;
use super::observations;
use super::path_forms;
use super::peer::Peer;
use super::peer_authentication;
use super::policy::Policy;
use super::request_size;
use super::selection::attached;
use crate::verdict::{Effect, Verdict};

/// Decides one request.
///
/// # Errors
/// When a document cannot be read; it must be a valid one.
pub fn decide(configuration: &Value, request: &Value) -> Result<Verdict, String> {
    let view = View::new(configuration, request)?;
    let attached = attached(&view)?;
    let enforced: Vec<Policy<'_>> = attached
        .iter()
        .copied()
        .filter(|policy| !policy.dry_run)
        .collect();
    if let Some(cause) = refused_before_policies(&view, &enforced)? {
        return Ok(refusal(cause));
    }
    let verdict = ask_policies(&view, &enforced)?;
    observations::observe(&view, &attached, verdict)
}

/// The decision if these policies were in force.
pub(super) fn decide_with(view: &View<'_>, in_force: &[Policy<'_>]) -> Result<Verdict, String> {
    match refused_before_policies(view, in_force)? {
        Some(cause) => Ok(refusal(cause)),
        None => ask_policies(view, in_force),
    }
}

fn refused_before_policies(view: &View<'_>, in_force: &[Policy<'_>]) -> Result<Option<&'static str>, String> {
    if request_size::is_too_large(view)? {
        return Ok(Some("request-too-large"));
    }
    // P-5: the filter "can *enforce* STRICT only by answering 403 on a chain that accepted plaintext".
    if matches!(view.peer()?, Peer::Plaintext) && peer_authentication::is_strict(view)? {
        return Ok(Some("mtls-required"));
    }
    if let Some(cause) = identity::refused(view)? {
        return Ok(Some(cause));
    }
    if hosts::is_ambiguous(view, in_force)? {
        return Ok(Some("ambiguous-host"));
    }
    Ok(path_forms::is_ambiguous(view, in_force)?.then_some("ambiguous-path"))
}

fn ask_policies(view: &View<'_>, in_force: &[Policy<'_>]) -> Result<Verdict, String> {
    let outcome = layers::ask(view, in_force)?;
    Ok(Verdict {
        policy: outcome.rule.map(|(policy, _)| policy.id()),
        rule: outcome.rule.map(|(_, index)| index),
        ..Verdict::new(outcome.effect, outcome.cause)
    })
}

fn refusal(cause: &str) -> Verdict {
    Verdict::new(Effect::Deny, cause)
}
