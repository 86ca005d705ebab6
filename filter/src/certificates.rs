//! [`Certificates`]: the certificates of peers, each parsed once in a VM and not once for each request.
//!
//! A peer keeps its certificate for as long as its connection lives, and often for longer. Which one it is, the proxy tells
//! by a digest that it works out itself: what was parsed under a digest is what would be parsed again. Whatever hangs on the
//! time is judged with each request and is not kept here.
//!
//! What goes when the place is full is what came first: a plain queue, without a crate for it and without a write for each
//! look. A mesh with more peers than there is place pays with parsing, and no peer can cost more memory than that place.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use spiffe_authz_policy::{Attribute, LeafCertificate};

/// How many certificates are kept.
const MAX_CERTIFICATES: usize = 1024;
/// The largest that is kept, as PEM: an SVID has about 1 KiB, and 16 MiB for all of them is what the VM can spare.
const MAX_PEM_BYTES: usize = 16 << 10;

/// The SHA-256 digest of a certificate's DER form.
pub(crate) type Digest = [u8; 32];

/// What became of a certificate that the proxy showed: parsed, or unreadable.
pub(crate) type Leaf = Attribute<Rc<LeafCertificate>>;

/// The certificates of one VM.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    kept: RefCell<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_digest: BTreeMap<Digest, Leaf>,
    /// The oldest first.
    order: VecDeque<Digest>,
}

impl Certificates {
    /// What was parsed under this digest.
    pub(crate) fn get(&self, digest: &Digest) -> Option<Leaf> {
        self.kept.try_borrow().ok()?.by_digest.get(digest).cloned()
    }

    /// Whether anything is kept under this digest.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.kept
            .try_borrow()
            .is_ok_and(|kept| kept.by_digest.contains_key(digest))
    }

    /// Keeps what became of a certificate of this size.
    pub(crate) fn keep(&self, digest: Digest, pem_bytes: usize, leaf: Leaf) {
        if pem_bytes > MAX_PEM_BYTES {
            return;
        }
        if let Ok(mut kept) = self.kept.try_borrow_mut() {
            kept.insert(digest, leaf);
        }
    }
}

impl Kept {
    fn insert(&mut self, digest: Digest, leaf: Leaf) {
        if self.by_digest.insert(digest, leaf).is_some() {
            return;
        }
        self.order.push_back(digest);
        while self.order.len() > MAX_CERTIFICATES {
            if let Some(oldest) = self.order.pop_front() {
                self.by_digest.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::SVID;

    fn leaf() -> Leaf {
        Attribute::Known(Rc::new(LeafCertificate::from_pem(SVID.as_bytes()).unwrap()))
    }

    fn digest(number: usize) -> Digest {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_le_bytes());
        digest
    }

    #[test]
    fn what_was_parsed_is_found_by_its_digest_alone() {
        let certificates = Certificates::default();
        assert_eq!(certificates.get(&digest(1)), None);
        certificates.keep(digest(1), 1000, leaf());
        certificates.keep(digest(2), 1000, Attribute::Unreadable);
        assert_eq!(certificates.get(&digest(1)), Some(leaf()));
        assert_eq!(certificates.get(&digest(2)), Some(Attribute::Unreadable));
        assert_eq!(certificates.get(&digest(3)), None);
    }

    #[test]
    fn a_certificate_that_is_larger_than_any_svid_is_not_kept() {
        let certificates = Certificates::default();
        certificates.keep(digest(1), MAX_PEM_BYTES, leaf());
        certificates.keep(digest(2), MAX_PEM_BYTES + 1, leaf());
        assert!(certificates.get(&digest(1)).is_some());
        assert_eq!(certificates.get(&digest(2)), None);
    }

    #[test]
    fn what_came_first_goes_when_the_place_is_full() {
        let certificates = Certificates::default();
        for number in 0..MAX_CERTIFICATES {
            certificates.keep(digest(number), 1, Attribute::Unreadable);
        }
        certificates.keep(digest(1), 1, leaf());
        assert!(certificates.get(&digest(0)).is_some());
        certificates.keep(digest(MAX_CERTIFICATES), 1, leaf());
        assert_eq!(certificates.get(&digest(0)), None);
        assert_eq!(certificates.get(&digest(1)), Some(leaf()));
        for number in 0..10 * MAX_CERTIFICATES {
            certificates.keep(digest(number), 1, Attribute::Unreadable);
        }
        let kept = certificates.kept.borrow();
        assert_eq!(
            (kept.by_digest.len(), kept.order.len()),
            (MAX_CERTIFICATES, MAX_CERTIFICATES)
        );
    }
}
