//! A SPIFFE ID, a trust domain.

use spiffe_authz_policy::{SpiffeId, TrustDomain, WorkloadIdentity};

/// Any bytes: the engine takes exactly what the grammar written here takes, prints it as it was read, and its parts
/// make up the whole.
pub fn run(bytes: &[u8]) {
    let parsed = SpiffeId::parse(bytes);
    assert_eq!(parsed.is_ok(), is_spiffe_id(bytes), "{parsed:?}");
    match parsed {
        Ok(id) => check(&id, bytes),
        Err(error) => assert!(error.to_string().is_ascii(), "{error}"),
    }
    if let Ok(name) = str::from_utf8(bytes) {
        let parsed = TrustDomain::parse(name);
        assert_eq!(parsed.is_ok(), is_trust_domain(bytes), "{parsed:?}");
        assert!(parsed.is_ok_and(|parsed| parsed.as_str() == name) || !is_trust_domain(bytes));
    }
}

fn check(id: &SpiffeId, bytes: &[u8]) {
    assert_eq!(id.as_str().as_bytes(), bytes);
    assert_eq!(
        format!("spiffe://{}{}", id.trust_domain(), id.path()),
        id.as_str()
    );
    assert_eq!(
        TrustDomain::parse(id.trust_domain().as_str()).as_ref(),
        Ok(id.trust_domain())
    );
    if let Some(identity) = WorkloadIdentity::of(id) {
        let (namespace, account) = (identity.namespace(), identity.service_account());
        assert!(!namespace.contains('/') && !account.contains('/'));
        assert_eq!(id.path(), format!("/ns/{namespace}/sa/{account}"));
    }
}

/// SPIFFE-ID standard, section 2, in lower case where case does not count; at most 2048 bytes (section 2.3).
fn is_spiffe_id(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"spiffe://") else {
        return false;
    };
    let mut segments = rest.split(|byte| *byte == b'/');
    bytes.len() <= 2048 && segments.next().is_some_and(is_trust_domain) && segments.all(is_segment)
}

fn is_trust_domain(name: &[u8]) -> bool {
    (1..=255).contains(&name.len())
        && name
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

fn is_segment(segment: &[u8]) -> bool {
    !matches!(segment, b"" | b"." | b"..")
        && segment
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
