//! [`Peer`]: the other end of the connection.

use std::borrow::Cow;

use super::configuration::View;
use super::documents::{bytes, field, text_field};
use super::leaf::Leaf;
use super::request::Bytes;

/// Who is there.
pub(super) enum Peer<'d> {
    /// Nobody who shows a certificate.
    Plaintext,
    /// A certificate that the proxy validated.
    Certificate(Box<Leaf<'d>>),
    /// What a listener in front wrote into filter state.
    HandedOn(Bytes<'d>),
}

impl<'d> View<'d> {
    pub(super) fn peer(&self) -> Result<Peer<'d>, String> {
        let Some(document) = field(self.request, "peer") else {
            return Ok(Peer::Plaintext);
        };
        match field(document, "filterState") {
            Some(text) => self.handed_on(bytes(text)?),
            None => Ok(Peer::Certificate(Box::new(Leaf::read(document)?))),
        }
    }

    /// "Without `peerPrincipalKey` in the set, HandedOn counts as Plaintext. Empty and `-` are Plaintext."
    fn handed_on(&self, text: Bytes<'d>) -> Result<Peer<'d>, String> {
        let counts = text_field(self.svid(), "peerPrincipalKey")?.is_some();
        Ok(if counts && !matches!(&*text, b"" | b"-") {
            Peer::HandedOn(text)
        } else {
            Peer::Plaintext
        })
    }
}

impl<'d> Peer<'d> {
    /// What the proxy says of the peer's names, in order.
    pub(super) fn uri_sans(&self) -> Vec<Cow<'d, [u8]>> {
        match self {
            Self::Plaintext => Vec::new(),
            Self::Certificate(leaf) => leaf.uri_sans.clone(),
            Self::HandedOn(text) => vec![text.clone()],
        }
    }
}
