//! The answer as one JSON document.

use serde_json::{Value, json};
use spiffe_authz_analysis::difference::{
    Change, Coverage, Described, Direction, SceneCoverage, Target, Verdict,
};

use crate::diff::Section;

pub(super) fn text(sections: &[Section], is_bounded: bool) -> String {
    let changes = || sections.iter().flat_map(|section| &section.difference.changes);
    let count = |direction| changes().filter(|change| change.direction == direction).count();
    let document = json!({
        "newlyAllowed": count(Direction::NewlyAllowed),
        "newlyDenied": count(Direction::NewlyDenied),
        "complete": !is_bounded && sections.iter().all(|section| is_complete(&section.difference.coverage)),
        "workloads": sections.iter().map(section).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn is_complete(coverage: &Coverage) -> bool {
    coverage.notes.is_empty() && coverage.scenes.iter().all(|scene| !scene.is_bounded)
}

fn section(section: &Section) -> Value {
    json!({
        "workloads": section.targets.iter().map(target).collect::<Vec<_>>(),
        "changes": section.difference.changes.iter().map(change).collect::<Vec<_>>(),
        "coverage": {
            "scenes": section.difference.coverage.scenes.iter().map(scene).collect::<Vec<_>>(),
            "notCovered": section.difference.coverage.notes,
        },
    })
}

fn target(target: &Target) -> Value {
    json!({
        "label": target.label,
        "namespace": target.workload.namespace,
        "labels": target.workload.labels,
    })
}

fn change(change: &Change) -> Value {
    let other = |(old, new): &(Verdict, Verdict)| json!({"old": verdict(old), "new": verdict(new)});
    json!({
        "change": match change.direction {
            Direction::NewlyAllowed => "newly-allowed",
            Direction::NewlyDenied => "newly-denied",
        },
        "scene": change.scene.to_string(),
        "requests": change.requests.iter().map(described).collect::<Vec<_>>(),
        "example": change.example,
        "old": verdict(&change.old),
        "new": verdict(&change.new),
        "others": change.others.iter().map(other).collect::<Vec<_>>(),
    })
}

fn described(described: &Described) -> Value {
    json!({
        "attribute": described.dimension.to_string(),
        "allBut": described.is_all_but,
        "values": described.values,
        "classes": described.classes,
    })
}

fn verdict(verdict: &Verdict) -> Value {
    json!({
        "decision": verdict.effect,
        "cause": verdict.cause,
        "policy": verdict.policy,
        "rule": verdict.rule,
    })
}

fn scene(scene: &SceneCoverage) -> Value {
    let dimension = |one: &spiffe_authz_analysis::difference::DimensionCoverage| json!({"attribute": one.dimension.to_string(), "values": one.values, "classes": one.classes});
    json!({
        "scene": scene.scene.to_string(),
        "attributes": scene.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "combinations": scene.combinations.to_string(),
        "steps": scene.steps,
        "complete": !scene.is_bounded,
    })
}
