//! One stream: what an Envoy asked for is sent, and again whenever it changes; answers are remembered.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Any;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::discovery::answers::{Answer, Answers};
use crate::discovery::messages::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DeltaResource, DiscoveryRequest, DiscoveryResponse, Node,
};
use crate::discovery::shelf::{Contents, Shelf, Version};

/// A variant of the protocol.
pub(super) trait Variant: Send + 'static {
    type Request: Send + 'static;
    type Response: Send + 'static;

    /// What the request says, in common words.
    fn said(request: Self::Request) -> Said;

    /// The response with these resources.
    fn response(type_url: &str, version: Version, resources: Vec<Sent>) -> Self::Response;

    /// Whether what has not changed is sent again.
    const WHOLE: bool;
}

/// What a request says.
pub(super) struct Said {
    pub(super) node: Option<Node>,
    pub(super) type_url: String,
    pub(super) names: Names,
    /// The nonce is the version that was sent.
    pub(super) nonce: String,
    pub(super) refused: Option<String>,
}

/// What it asks for.
pub(super) enum Names {
    /// These and no others.
    These(Vec<String>),
    /// These from now on, and those no longer.
    Change(Vec<String>, Vec<String>),
}

/// A resource on its way.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) version: Version,
    pub(super) message: Any,
}

/// State of the world.
pub(super) struct StateOfTheWorld;

impl Variant for StateOfTheWorld {
    type Request = DiscoveryRequest;
    type Response = DiscoveryResponse;
    const WHOLE: bool = true;

    fn said(request: DiscoveryRequest) -> Said {
        Said {
            node: request.node,
            type_url: request.type_url,
            names: Names::These(request.resource_names),
            nonce: request.response_nonce,
            refused: request.error_detail.map(|status| status.message),
        }
    }

    fn response(type_url: &str, version: Version, resources: Vec<Sent>) -> DiscoveryResponse {
        DiscoveryResponse {
            version_info: version.to_string(),
            resources: resources.into_iter().map(|sent| sent.message).collect(),
            type_url: type_url.to_owned(),
            nonce: version.to_string(),
        }
    }
}

/// Delta.
pub(super) struct Delta;

impl Variant for Delta {
    type Request = DeltaDiscoveryRequest;
    type Response = DeltaDiscoveryResponse;
    const WHOLE: bool = false;

    fn said(request: DeltaDiscoveryRequest) -> Said {
        let names = Names::Change(
            request.resource_names_subscribe,
            request.resource_names_unsubscribe,
        );
        Said {
            node: request.node,
            type_url: request.type_url,
            names,
            nonce: request.response_nonce,
            refused: request.error_detail.map(|status| status.message),
        }
    }

    fn response(type_url: &str, version: Version, resources: Vec<Sent>) -> DeltaDiscoveryResponse {
        let resources = resources.into_iter().map(|sent| DeltaResource {
            version: sent.version.to_string(),
            resource: Some(sent.message),
            name: sent.name,
        });
        DeltaDiscoveryResponse {
            system_version_info: version.to_string(),
            resources: resources.collect(),
            type_url: type_url.to_owned(),
            nonce: version.to_string(),
        }
    }
}

/// Where a stream stands.
#[derive(Default)]
struct Standing {
    node: String,
    type_url: String,
    names: BTreeSet<String>,
    /// The version of each resource that was sent.
    sent: BTreeMap<String, Version>,
}

/// Serves a stream to its end.
pub(super) async fn serve<V: Variant>(
    mut requests: Streaming<V::Request>,
    shelf: Shelf,
    answers: Answers,
    responses: mpsc::Sender<Result<V::Response, Status>>,
) {
    let mut follow = shelf.follow();
    let mut standing = Standing::default();
    loop {
        tokio::select! {
            request = requests.message() => {
                let Ok(Some(request)) = request else { return };
                standing.take(V::said(request), &answers);
            }
            changed = follow.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        let due = standing.due::<V>(&follow.borrow_and_update());
        if let Some(response) = due
            && responses.send(Ok(response)).await.is_err()
        {
            return;
        }
    }
}

impl Standing {
    fn take(&mut self, said: Said, answers: &Answers) {
        if let Some(node) = said.node.filter(|node| !node.id.is_empty()) {
            self.node = node.id;
        }
        self.type_url = said.type_url;
        match said.names {
            Names::These(names) => self.names = names.into_iter().collect(),
            Names::Change(more, fewer) => {
                self.names.extend(more);
                self.names.retain(|name| !fewer.contains(name));
            }
        }
        self.sent.retain(|name, _| self.names.contains(name));
        if let Ok(version) = said.nonce.parse() {
            answers.add(Answer {
                node: self.node.clone(),
                version,
                refused: said.refused,
            });
        }
    }

    /// The response that is due: where something that was asked for has changed since it was sent.
    fn due<V: Variant>(&mut self, contents: &Contents) -> Option<V::Response> {
        let asked = contents.resources.iter();
        let asked: Vec<_> = asked.filter(|(name, _)| self.names.contains(*name)).collect();
        let is_new = |name: &String, version: Version| self.sent.get(name) != Some(&version);
        if !asked.iter().any(|(name, (version, _))| is_new(name, *version)) {
            return None;
        }
        let to_send = asked
            .iter()
            .filter(|(name, (version, _))| V::WHOLE || is_new(name, *version));
        let to_send = to_send.map(|(name, (version, message))| Sent {
            name: (*name).clone(),
            version: *version,
            message: message.as_ref().clone(),
        });
        let to_send: Vec<Sent> = to_send.collect();
        // What is sent together is answered together, under the version of the newest.
        let newest = to_send.iter().map(|sent| sent.version).max()?;
        self.sent
            .extend(to_send.iter().map(|sent| (sent.name.clone(), sent.version)));
        Some(V::response(&self.type_url, newest, to_send))
    }
}
