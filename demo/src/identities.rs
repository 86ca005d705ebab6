//! The SVIDs of the mesh, and the certificates that must not get in.

use std::path::PathBuf;

use spiffe_authz_pki::{
    DevelopmentCa, Duration, IssuedLeaf, LeafRequest, OffsetDateTime, PkiError, SvidDirectory,
};

use crate::layout::Layout;
use crate::workload::{TRUST_DOMAIN, Workload};

/// Somebody with a certificate who is none of the workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// A valid SVID of the same trust domain: the service account `frontend` of another namespace.
    OtherNamespace,
    /// The frontend's SPIFFE ID in a certificate of the right CA whose time is over.
    Expired,
    /// The frontend's SPIFFE ID in a certificate of a CA that is not in the trust bundle.
    OtherCa,
}

impl Stranger {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OtherNamespace, Self::Expired, Self::OtherCa];

    /// Where its certificate lies.
    #[must_use]
    pub fn folder(self, layout: &Layout) -> PathBuf {
        layout.root().join("strangers").join(match self {
            Self::OtherNamespace => "other-namespace",
            Self::Expired => "expired",
            Self::OtherCa => "other-ca",
        })
    }

    fn certificate(self) -> LeafRequest {
        let frontend = LeafRequest::svid(&Workload::Frontend.spiffe_id());
        match self {
            Self::OtherNamespace => {
                LeafRequest::svid(&format!("spiffe://{TRUST_DOMAIN}/ns/other/sa/frontend"))
            }
            Self::Expired => expired(frontend),
            Self::OtherCa => frontend,
        }
    }
}

/// The CAs of the demo. Their private keys are never written down.
pub struct Identities {
    ca: DevelopmentCa,
    other_ca: DevelopmentCa,
}

impl Identities {
    /// Makes two CAs of the same trust domain; the workloads trust one of them.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn new() -> Result<Self, PkiError> {
        Ok(Self {
            ca: DevelopmentCa::new(TRUST_DOMAIN)?,
            other_ca: DevelopmentCa::new(TRUST_DOMAIN)?,
        })
    }

    /// Issues and writes all certificates.
    ///
    /// # Errors
    /// When one cannot be issued or written.
    pub fn write(&self, layout: &Layout) -> Result<(), PkiError> {
        for workload in Workload::ALL {
            let leaf = self.ca.issue(&LeafRequest::svid(&workload.spiffe_id()))?;
            self.place(layout.svid(workload), &leaf)?;
        }
        for stranger in Stranger::ALL {
            let leaf = self.issuer_of(stranger).issue(&stranger.certificate())?;
            self.place(stranger.folder(layout), &leaf)?;
        }
        Ok(())
    }

    fn issuer_of(&self, stranger: Stranger) -> &DevelopmentCa {
        match stranger {
            Stranger::OtherNamespace | Stranger::Expired => &self.ca,
            Stranger::OtherCa => &self.other_ca,
        }
    }

    /// Every folder gets the trust bundle of the mesh: strangers know whom they want to reach.
    fn place(&self, folder: PathBuf, leaf: &IssuedLeaf) -> Result<(), PkiError> {
        SvidDirectory::new(folder).write(leaf, self.ca.certificate_pem())
    }
}

fn expired(leaf: LeafRequest) -> LeafRequest {
    let ago = |hours| OffsetDateTime::now_utc().saturating_sub(Duration::hours(hours));
    LeafRequest {
        not_before: ago(2),
        not_after: ago(1),
        ..leaf
    }
}
