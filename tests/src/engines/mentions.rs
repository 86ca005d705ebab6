//! Which attributes a configuration mentions, by its text alone: an engine that cannot leave one out asks here whether
//! it matters.

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
        Attribute::Certificate => &["\"source.certificate."],
    }
}

/// Whether a denial may look otherwise than 403.
#[must_use]
pub fn shapes_denials(configuration: &PluginConfiguration) -> bool {
    configuration.json.contains("\"denyResponse\"")
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
