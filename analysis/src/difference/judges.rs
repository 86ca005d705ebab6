//! [`Judges`]: the engine's word on both policy sets and on each of their clauses.

use std::collections::BTreeMap;

use spiffe_authz_policy::{ConfigErrors, Decision, Denial, PolicySet, RequestDocument};

use crate::difference::Dimension;
use crate::difference::asked::Asked;
#[cfg(test)]
use crate::difference::asked::Truths;
use crate::difference::candidates::Candidates;
use crate::difference::clause::Clause;
use crate::difference::fragment::{Fragment, Fragments, request};
use crate::difference::raw::{Axes, Raw};
use crate::difference::scene::Scene;
use crate::difference::side::{Attached, Side};
#[cfg(test)]
use crate::difference::space::Held;
use crate::difference::space::{Axis, Space};

/// The two sets and the engines for their clauses.
pub(super) struct Judges<'j> {
    pub(super) attached: [&'j Attached; 2],
    asked: [Asked; 2],
}

/// One of the sets while its values are looked at.
pub(super) struct Judge<'j> {
    pub(super) set: &'j PolicySet,
    pub(super) asked: &'j Asked,
    pub(super) clauses: &'j [Clause],
}

impl<'j> Judges<'j> {
    pub(super) fn new(sides: [&Side; 2], attached: [&'j Attached; 2]) -> Result<Self, ConfigErrors> {
        let [old, new] = sides;
        let [old_attached, new_attached] = attached;
        let ask = |side: &Side, attached: &Attached| {
            Asked::new(&side.settings, &side.stated.root_namespace, &attached.clauses)
        };
        Ok(Self {
            attached,
            asked: [ask(old, old_attached)?, ask(new, new_attached)?],
        })
    }

    fn each(&self) -> [Judge<'_>; 2] {
        let [old, new] = self.attached;
        let [old_asked, new_asked] = &self.asked;
        [(old, old_asked), (new, new_asked)].map(|(attached, asked)| Judge {
            set: &attached.set,
            asked,
            clauses: &attached.clauses,
        })
    }

    /// The classes of one scene.
    pub(super) fn space(
        &self,
        scene: Scene,
        candidates: &BTreeMap<Dimension, Candidates>,
    ) -> Result<Space, ConfigErrors> {
        let axes: Vec<(&Dimension, &[Fragment])> = candidates
            .iter()
            .filter(|(dimension, _)| scene.has(dimension))
            .map(|(dimension, candidates)| (dimension, candidates.fragments.as_slice()))
            .collect();
        let [old, new] = self.each();
        let mut notes = Vec::new();
        let old = Raw::new(&old, scene, &axes, &mut notes)?;
        let new = Raw::new(&new, scene, &axes, &mut notes)?;
        notes.sort();
        notes.dedup();
        let built = axes
            .iter()
            .enumerate()
            .map(|(index, (dimension, fragments))| Axis::new(index, dimension, fragments, [&old, &new]));
        let (axes, firsts): (Vec<Axis>, Vec<Vec<usize>>) = built.unzip();
        let sides = [old, new].map(|raw| raw.judged(&firsts));
        Ok(Space {
            scene,
            axes,
            sides,
            notes,
        })
    }
}

impl Judge<'_> {
    /// Whether the request is denied before any policy is asked.
    pub(super) fn is_gated(&self, request: &RequestDocument) -> bool {
        request.with_request(|request| match self.set.decide(request) {
            Decision::Allow(_) => false,
            Decision::Deny(denial) => is_gate(&denial),
        })
    }
}

/// The request document with these values.
pub(super) fn document(scene: Scene, fragments: &Fragments) -> Result<RequestDocument, ConfigErrors> {
    RequestDocument::from_json(request(scene, fragments).to_string().as_bytes())
}

fn is_gate(denial: &Denial<'_>) -> bool {
    match denial {
        Denial::RequestTooLarge
        | Denial::MtlsRequired
        | Denial::PeerUnreadable
        | Denial::Identity(_)
        | Denial::AmbiguousHost
        | Denial::AmbiguousPath
        | Denial::TrailerInPolicy => true,
        Denial::MatchedDeny { .. }
        | Denial::SourceIpUnreadable(_)
        | Denial::NoAllowPolicy
        | Denial::NoMatchingAllow => false,
    }
}

/// Values with which a request gets to the policies; `None` where none does.
pub(super) fn base(
    judge: &Judge<'_>,
    scene: Scene,
    axes: &Axes<'_>,
) -> Result<Option<Fragments>, ConfigErrors> {
    let values = |wanted: &Dimension| -> Vec<(Dimension, Fragment)> {
        let axis = axes.iter().find(|(dimension, _)| *dimension == wanted);
        let fragments = axis.map_or(&[][..], |(_, fragments)| fragments);
        fragments
            .iter()
            .map(|fragment| (wanted.clone(), fragment.clone()))
            .collect()
    };
    let (peers, ports) = (values(&Dimension::Peer), values(&Dimension::Port));
    let or_none = |values: Vec<(Dimension, Fragment)>| {
        let mut all: Vec<Option<(Dimension, Fragment)>> = values.into_iter().map(Some).collect();
        if all.is_empty() {
            all.push(None);
        }
        all
    };
    for port in or_none(ports) {
        for peer in or_none(peers.clone()) {
            let fragments: Fragments = [&port, &peer].into_iter().flatten().cloned().collect();
            if !judge.is_gated(&document(scene, &fragments)?) {
                return Ok(Some(fragments));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
impl Judges<'_> {
    /// For each axis the classes that the request may be in: those of which every clause on it says what it says of the
    /// request. A set that denies the request before any policy is asked says nothing.
    pub(super) fn fitting(&self, space: &Space, request: &RequestDocument) -> Vec<Vec<usize>> {
        let judges = self.each();
        let known: Vec<Option<Truths>> = judges
            .iter()
            .map(|judge| (!judge.is_gated(request)).then(|| judge.asked.truths(request, None)))
            .collect();
        let fits = |axis: usize, class: usize| {
            space.sides.iter().zip(&known).all(|(judged, known)| {
                let Some(known) = known else { return true };
                judged.clauses.iter().enumerate().all(|(number, held)| {
                    let Held::On {
                        axis: own,
                        certain,
                        possible,
                    } = held
                    else {
                        return true;
                    };
                    *own != axis
                        || (certain.contains(class) == known.certain.contains(&number)
                            && possible.contains(class) == known.possible.contains(&number))
                })
            })
        };
        let axes = space.axes.iter().enumerate();
        axes.map(|(index, axis)| {
            (0..axis.classes.len())
                .filter(|class| fits(index, *class))
                .collect()
        })
        .collect()
    }
}
