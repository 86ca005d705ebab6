//! `svid inspect`: every malformed certificate, and the rule that it breaks.

use super::*;

/// A certificate that differs from a good SVID by one thing, the rule that it breaks, and the cause of the denial.
#[allow(clippy::too_many_lines, reason = "a table")]
fn malformed() -> Vec<(&'static str, LeafRequest, &'static str, &'static str)> {
    let with = |change: &dyn Fn(&mut LeafRequest)| {
        let mut request = LeafRequest::svid(ORDERS);
        change(&mut request);
        request
    };
    let of = |id: &str| LeafRequest::svid(id);
    let now = OffsetDateTime::now_utc();
    let raw = |extension: RawExtension| {
        with(&|request| {
            request.raw_extensions = vec![extension.clone()];
            request.uri_sans = Vec::new();
        })
    };
    let mut rows = vec![
        (
            "no URI SAN",
            with(&|request| request.uri_sans = Vec::new()),
            "one-uri-san",
            "no-svid",
        ),
        (
            "a DNS SAN spelled like a SPIFFE ID",
            with(&|request| {
                request.uri_sans = Vec::new();
                request.dns_sans = vec![ORDERS.to_owned()];
            }),
            "one-uri-san",
            "no-svid",
        ),
        (
            "two URI SANs",
            with(&|request| {
                request
                    .uri_sans
                    .push("spiffe://cluster.local/ns/a/sa/b".to_owned())
            }),
            "one-uri-san",
            "svid-multiple-uri-sans",
        ),
        (
            "a trust domain alone",
            of("spiffe://cluster.local"),
            "workload-path",
            "malformed-spiffe-id",
        ),
        (
            "cA is true",
            with(&|request| request.basic_constraints = BasicConstraints::Authority),
            "not-an-authority",
            "not-a-leaf-svid",
        ),
        (
            "no key usage",
            with(&|request| request.key_usages = Vec::new()),
            "key-usage-is-critical",
            "not-a-leaf-svid",
        ),
        (
            "a key usage that is not critical",
            with(&|request| {
                let usages = [KeyUsage::DigitalSignature];
                request.key_usages = Vec::new();
                request.raw_extensions = vec![RawExtension::key_usage(&usages, Criticality::NotCritical)];
            }),
            "key-usage-is-critical",
            "not-a-leaf-svid",
        ),
        (
            "no digitalSignature",
            with(&|request| request.key_usages = vec![KeyUsage::KeyEncipherment]),
            "digital-signature",
            "not-a-leaf-svid",
        ),
        (
            "keyCertSign",
            with(&|request| request.key_usages.push(KeyUsage::KeyCertSign)),
            "no-signing-usage",
            "not-a-leaf-svid",
        ),
        (
            "cRLSign",
            with(&|request| request.key_usages.push(KeyUsage::CrlSign)),
            "no-signing-usage",
            "not-a-leaf-svid",
        ),
        (
            "serverAuth alone",
            with(&|request| request.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth]),
            "extended-key-usage",
            "not-a-leaf-svid",
        ),
        (
            "clientAuth alone",
            with(&|request| request.extended_key_usages = vec![ExtendedKeyUsage::ClientAuth]),
            "extended-key-usage",
            "not-a-leaf-svid",
        ),
        (
            "an empty subject and a SAN that is not critical",
            raw(RawExtension::subject_alt_names(
                &[AltName::Uri(ORDERS.as_bytes().to_vec())],
                Criticality::NotCritical,
            )),
            "named-holder",
            "not-a-leaf-svid",
        ),
        (
            "a URI SAN that is no text",
            raw(RawExtension::subject_alt_names(
                &[AltName::Uri(b"spiffe://cluster.local/\xff".to_vec())],
                Criticality::Critical,
            )),
            "spiffe-id",
            "malformed-spiffe-id",
        ),
        (
            "expired",
            with(&|request| {
                request.not_before = now - Duration::hours(2);
                request.not_after = now - Duration::hours(1);
            }),
            "in-force",
            "svid-expired",
        ),
        (
            "not yet valid",
            with(&|request| request.not_before = now + Duration::minutes(30)),
            "in-force",
            "svid-expired",
        ),
    ];
    for id in [
        "spiffe://cluster.local/",
        "spiffe://cluster.local/ns//sa",
        "spiffe://cluster.local/ns/../sa",
        "spiffe://cluster.local/ns/%41",
        "spiffe://cluster.local/ns?a=b",
        "spiffe://cluster.local/ns#a",
        "spiffe://cluster.local:8443/ns/a",
        "spiffe://user@cluster.local/ns/a",
        "SPIFFE://cluster.local/ns/a",
        "spiffe://Cluster.Local/ns/a",
        "spiffe://cluster.local/ns/a,b",
        "spiffe://cluster.local/ns/a\u{0}",
        "spiffe://cluster.local/ns/a\r\n",
        "https://cluster.local/ns/a",
        &format!("spiffe://cluster.local/{}", "a".repeat(2048)),
    ] {
        rows.push((
            "a URI SAN that is no SPIFFE ID",
            of(id),
            "spiffe-id",
            "malformed-spiffe-id",
        ));
    }
    rows
}

#[test]
fn every_malformed_certificate_is_refused_by_the_rule_that_it_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    for (name, request, rule, cause) in malformed() {
        let leaf = ca.issue(&request).unwrap();
        std::fs::write(folder.path().join("leaf.pem"), &leaf.certificate_pem).unwrap();
        let (code, report) = inspect(&folder, &["leaf.pem"]);
        assert_eq!(
            (code, &report["cause"]),
            (2, &Value::from(cause)),
            "{name}: {report}"
        );
        let broken: Vec<&str> = report["rules"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["verdict"] == "broken")
            .map(|row| row["rule"].as_str().unwrap())
            .collect();
        assert!(broken.contains(&rule), "{name}: {broken:?}");
    }
}
