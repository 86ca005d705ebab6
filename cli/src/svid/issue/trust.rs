//! Whom a workload trusts: the authorities of its own trust domain, and of others.

use std::path::{Path, PathBuf};

use serde_json::Value;
use spiffe_authz_pki::{DevelopmentCa, bundle_map};

use crate::failure::Failure;

/// `TRUST_DOMAIN=FILE`: the authorities of another trust domain.
#[derive(Clone, Debug)]
pub(crate) struct Federated {
    trust_domain: String,
    file: PathBuf,
}

/// What is written beside an SVID.
pub(crate) struct Trust {
    /// The authorities of its own trust domain, PEM.
    pub(crate) own_pem: String,
    /// Those of every trust domain, where there are several.
    pub(crate) bundle_map: Option<Value>,
}

impl Federated {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('=')
            .filter(|(trust_domain, file)| !trust_domain.is_empty() && !file.is_empty());
        let (trust_domain, file) = parts.ok_or_else(|| {
            format!("`{text}` is not TRUST_DOMAIN=FILE, such as `partner.example=partner.pem`")
        })?;
        Ok(Self {
            trust_domain: trust_domain.to_owned(),
            file: file.into(),
        })
    }
}

/// Reads the bundles, each checked to hold certificates and nothing else.
pub(crate) fn read(ca: &DevelopmentCa, more: &[PathBuf], federated: &[Federated]) -> Result<Trust, Failure> {
    let mut own_pem = ca.certificate_pem().to_owned();
    for file in more {
        own_pem.push_str(&read_file(file)?);
    }
    let mut bundles = vec![(ca.trust_domain().to_owned(), own_pem.clone())];
    for Federated { trust_domain, file } in federated {
        bundles.push((trust_domain.clone(), read_file(file)?));
    }
    let bundles: Vec<(&str, &str)> = bundles
        .iter()
        .map(|(trust_domain, pem)| (trust_domain.as_str(), pem.as_str()))
        .collect();
    let map = bundle_map(&bundles).map_err(Failure::Pki)?;
    Ok(Trust {
        own_pem,
        bundle_map: (!federated.is_empty()).then_some(map),
    })
}

fn read_file(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    Ok(if text.ends_with('\n') {
        text
    } else {
        format!("{text}\n")
    })
}
