//! Which attributes a configuration mentions, by its text alone: an engine that cannot leave one out asks here whether
//! it matters.

use serde_json::Value;

use crate::corpus::PluginConfiguration;

/// An attribute that no connection or no machine is without.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attribute {
    /// `source.ip`, and `ipBlocks`.
    SourceIp,
    /// `remote.ip`, and `remoteIpBlocks`.
    RemoteIp,
    /// `destination.ip`.
    DestinationIp,
    /// The time.
    Time,
    /// The end of a certificate.
    NotAfter,
    /// The key that issued a certificate.
    IssuerKeyId,
    /// Anything of a certificate.
    Certificate,
    /// The digest of a certificate.
    Digest,
}

/// Whether the text of the configuration has a word that stands for the attribute.
#[must_use]
pub fn mentions(configuration: &PluginConfiguration, attribute: Attribute) -> bool {
    words(attribute)
        .iter()
        .any(|word| configuration.json.contains(word))
}

fn words(attribute: Attribute) -> &'static [&'static str] {
    match attribute {
        Attribute::SourceIp => &["\"source.ip\"", "\"ipBlocks\"", "\"notIpBlocks\""],
        Attribute::RemoteIp => &["\"remote.ip\"", "\"remoteIpBlocks\"", "\"notRemoteIpBlocks\""],
        Attribute::DestinationIp => &["\"destination.ip\""],
        Attribute::Time => &["\"until\"", "\"source.certificate.remainingSeconds\""],
        Attribute::NotAfter => &["\"source.certificate.remainingSeconds\""],
        Attribute::IssuerKeyId => &["\"source.certificate.issuerKeyId\""],
        Attribute::Certificate => &["\"source.certificate.", "\"spiffeIds\"", "\"serialNumbers\""],
        Attribute::Digest => &["\"sha256Digests\""],
    }
}

/// Whether the profile is zero-trust, which reads every certificate and its validity.
#[must_use]
pub fn is_zero_trust(configuration: &PluginConfiguration) -> bool {
    text_at(configuration, "/profile").as_deref() != Some("istio")
}

fn text_at(configuration: &PluginConfiguration, pointer: &str) -> Option<String> {
    let document: Value = serde_json::from_str(&configuration.json).ok()?;
    Some(document.pointer(pointer)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_blocks_are_not_direct_ones() {
        let configuration = PluginConfiguration {
            file: String::new(),
            json: r#"{"source": {"remoteIpBlocks": ["10.0.0.0/8"]}}"#.to_owned(),
        };
        assert!(mentions(&configuration, Attribute::RemoteIp));
        assert!(!mentions(&configuration, Attribute::SourceIp));
    }
}
