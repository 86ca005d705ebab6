//! [`Roster`]: which resources a configuration has.

use std::collections::BTreeSet;

use crate::config::authorization_policy::Action;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::outline::RESOURCES;
use crate::config::resource::{Kind, RawResource};
use crate::decision::PolicyId;

/// The resources with a name, in the order of the document: what is left of each when it has been dropped.
#[derive(Debug, Default)]
pub(crate) struct Roster(Vec<Entry>);

/// A resource.
#[derive(Debug)]
struct Entry {
    index: usize,
    kind: Kind,
    id: PolicyId,
    /// Of an AuthorizationPolicy.
    action: Option<Action>,
}

impl Roster {
    /// Adds a resource, if it has a name.
    pub(crate) fn add(&mut self, index: usize, resource: &RawResource) {
        let (kind, metadata, action) = match resource {
            RawResource::AuthorizationPolicy(metadata, policy) => {
                (Kind::AuthorizationPolicy, metadata, Some(policy.action))
            }
            RawResource::PeerAuthentication(metadata, _) => (Kind::PeerAuthentication, metadata, None),
        };
        if let Some(metadata) = metadata {
            let id = metadata.id.clone();
            self.0.push(Entry {
                index,
                kind,
                id,
                action,
            });
        }
    }

    /// The policies of an action, with their indices.
    pub(crate) fn policies(&self, action: Action) -> impl Iterator<Item = (usize, &PolicyId)> {
        let of_action = self.0.iter().filter(move |entry| entry.action == Some(action));
        of_action.map(|entry| (entry.index, &entry.id))
    }

    /// Notes two of one kind, namespace and name.
    pub(crate) fn note_duplicates(&self, problems: &mut Problems) {
        let at = FieldPath::Root.field(RESOURCES);
        let mut seen = BTreeSet::new();
        for Entry { index, kind, id, .. } in &self.0 {
            if !seen.insert((*kind, id)) {
                let name = format!("{} {id}", kind.name());
                problems.add(&at.index(*index), ConfigErrorKind::DuplicateResource(name));
            }
        }
    }
}
