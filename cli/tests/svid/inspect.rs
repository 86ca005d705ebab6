//! `svid inspect`: what it says of certificates, and how.

use super::*;

#[test]
fn a_good_svid_breaks_no_rule_whatever_else_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let good = LeafRequest {
        dns_sans: vec!["orders.shop".to_owned()],
        ..LeafRequest::svid(ORDERS)
    };
    let leaf = ca.issue(&good).unwrap();
    std::fs::write(folder.path().join("leaf.pem"), &leaf.certificate_pem).unwrap();
    let (code, report) = inspect(&folder, &["leaf.pem"]);
    assert_eq!((code, &report["valid"]), (0, &Value::Bool(true)), "{report}");
    assert_eq!(report["rules"].as_array().unwrap().len(), 10);
    assert_eq!(report["dnsSans"][0], "orders.shop");
    assert_eq!(report["workload"]["serviceAccount"], "orders");
    assert_eq!(report["chain"]["verdict"], "not-verified");
}

#[test]
fn an_svid_of_another_ca_is_refused_where_a_bundle_is_given() {
    let (folder, other) = (with_ca(), with_ca());
    assert_eq!(code(&issue(&folder, &[])), 0);
    let bundle = other.path().join("ca/ca.pem");
    let (code, report) = inspect(
        &folder,
        &["orders/svid.pem", "--bundle", bundle.to_str().unwrap()],
    );
    assert_eq!((code, &report["cause"]), (2, &Value::from("chain")), "{report}");
    assert_eq!(report["chain"]["verdict"], "refused");
}

#[test]
fn an_end_that_is_near_is_a_warning_and_one_that_is_past_a_no() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &["--valid", "1h"])), 0);
    let near = run(&folder, &["inspect", "orders/svid.pem", "--warn-within", "7d"]);
    assert_eq!(code(&near), 0);
    assert!(
        stderr(&near).contains("warning: it ends in "),
        "{}",
        stderr(&near)
    );
    let past = run(
        &folder,
        &["inspect", "orders/svid.pem", "--at", "2100-01-01T00:00:00Z"],
    );
    assert_eq!(code(&past), 2);
    assert!(stdout(&past).contains("svid-expired"), "{}", stdout(&past));
}

#[test]
fn a_certificate_reads_the_same_from_pem_from_der_and_from_standard_input() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &[])), 0);
    let pem = read(&folder, "orders/svid.pem");
    let der = spiffe_authz_policy::LeafCertificate::der_of_pem(pem.as_bytes()).unwrap();
    std::fs::write(folder.path().join("svid.der"), der).unwrap();
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let (_, from_pem) = inspect(&folder, &[&["orders/svid.pem"], &at[..]].concat());
    let (_, from_der) = inspect(&folder, &[&["svid.der"], &at[..]].concat());
    let piped = command(
        &folder,
        &[&["inspect", "-", "--format", "json"], &at[..]].concat(),
    )
    .stdin(std::fs::File::open(folder.path().join("orders/svid.pem")).unwrap())
    .output()
    .unwrap();
    let from_pipe: Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert!(from_pem["spiffeId"] == ORDERS && from_pem == from_der && from_pem == from_pipe);
}

#[test]
fn what_holds_no_certificate_is_an_error_of_use() {
    let folder = with_ca();
    for (name, content, reason) in [
        ("empty", &b""[..], "no certificate in it"),
        ("text", b"hello", "no certificate in it"),
        ("garbage", &[0xff; 1000], "no certificate in it"),
        ("cut", b"-----BEGIN CERTIFICATE-----\nMIIB", "not PEM"),
        ("large", &vec![b'a'; (1 << 20) + 1], "more than 1048576 bytes"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let output = run(&folder, &["inspect", name]);
        assert_eq!(code(&output), 1, "{name}");
        assert!(stderr(&output).contains(reason), "{name}: {}", stderr(&output));
    }
    let key = run(&folder, &["inspect", "ca/ca_key.pem"]);
    assert_eq!(code(&key), 1);
    let secret = read(&folder, "ca/ca_key.pem").lines().nth(1).unwrap().to_owned();
    assert!(
        !stderr(&key).contains(&secret) && !stdout(&key).contains(&secret),
        "no key is shown"
    );
    assert_eq!(code(&run(&folder, &["inspect", "nowhere.pem"])), 1);
}

#[test]
fn a_certificate_that_the_engine_cannot_read_is_no_svid() {
    let folder = tempfile::tempdir().unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.path().join("broken.pem"), pem).unwrap();
    let (code, report) = inspect(&folder, &["broken.pem"]);
    assert_eq!(
        (code, &report["cause"]),
        (2, &Value::from("svid-unreadable")),
        "{report}"
    );
}

#[test]
fn colours_are_there_when_asked_for_and_only_then() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &[])), 0);
    let escapes = |arguments: &[&str]| {
        let output = run(&folder, &[&["inspect", "orders/svid.pem"], arguments].concat());
        stdout(&output).contains('\u{1b}')
    };
    assert!(escapes(&["--color", "always"]));
    assert!(!escapes(&["--color", "never"]));
    assert!(!escapes(&[]), "standard output is no terminal here");
}

#[test]
fn quiet_leaves_answers_and_errors() {
    let folder = tempfile::tempdir().unwrap();
    let ca = run(
        &folder,
        &["ca", "--trust-domain", "cluster.local", "--out", "ca", "--quiet"],
    );
    assert_eq!(
        (code(&ca), stderr(&ca).as_str(), stdout(&ca).as_str()),
        (0, "", "")
    );
    let again = run(
        &folder,
        &["ca", "--trust-domain", "cluster.local", "--out", "ca", "--quiet"],
    );
    assert!(stderr(&again).contains("is there already"));
    assert!(Path::new(&folder.path().join("ca/ca.pem")).is_file());
}
