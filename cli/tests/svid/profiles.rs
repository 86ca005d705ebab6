//! `svid inspect`: what the issuers' examples in `envoy-config/istio/examples` ask for is a valid SVID.

use super::*;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../envoy-config/istio/examples");

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

fn key_usage(word: &str) -> Option<KeyUsage> {
    match word {
        "digital signature" | "DigitalSignature" => Some(KeyUsage::DigitalSignature),
        "key encipherment" | "KeyEncipherment" => Some(KeyUsage::KeyEncipherment),
        _ => None,
    }
}

/// The certificate that cert-manager makes of the example.
fn by_cert_manager() -> LeafRequest {
    let text = std::fs::read_to_string(format!("{EXAMPLES}/cert-manager.yaml")).unwrap();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let spec = &documents[0]["spec"];
    let usages = texts(&spec["usages"]);
    let [server, client] = ["server auth", "client auth"].map(|word| usages.contains(&word));
    assert!(server && client && spec.get("commonName").is_none() && spec.get("isCA").is_none());
    LeafRequest {
        uri_sans: texts(&spec["uris"]).into_iter().map(str::to_owned).collect(),
        key_usages: usages.iter().filter_map(|word| key_usage(word)).collect(),
        ..LeafRequest::svid("")
    }
}

/// The certificate that Vault makes for the role of the example.
fn by_vault() -> LeafRequest {
    let text = std::fs::read_to_string(format!("{EXAMPLES}/vault-pki-role.json")).unwrap();
    let role: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&role["client_flag"], &role["server_flag"]),
        (&true.into(), &true.into())
    );
    LeafRequest {
        uri_sans: texts(&role["allowed_uri_sans"])
            .into_iter()
            .map(str::to_owned)
            .collect(),
        key_usages: texts(&role["key_usage"])
            .into_iter()
            .filter_map(key_usage)
            .collect(),
        ..LeafRequest::svid("")
    }
}

#[test]
fn the_certificates_of_the_examples_are_valid_svids() {
    let folder = tempfile::tempdir().unwrap();
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    for request in [by_cert_manager(), by_vault()] {
        let leaf = ca.issue(&request).unwrap();
        std::fs::write(folder.path().join("leaf.pem"), &leaf.certificate_pem).unwrap();
        let (code, report) = inspect(&folder, &["leaf.pem"]);
        assert_eq!((code, &report["valid"]), (0, &Value::Bool(true)), "{report}");
        assert_eq!(report["spiffeId"], ORDERS, "{report}");
    }
}
