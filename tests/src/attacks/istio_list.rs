//! The requests of Istio's own test of path normalisation, by its groups: 345 in all.
//!
//! Inputs alone: what must become of them follows from [`crate::attacks::readings`] and from native RBAC beside it.

/// The inputs of the groups for its four modes; the last has two more.
const MODES: [&str; 16] = [
    "/",
    "/app#foo",
    "/app/",
    "/app/../admin",
    "/app",
    "/app//",
    "/app/%2f",
    "/app%2f/",
    "/xyz%30..//abc",
    "/app/%2E./admin",
    r"/app\admin",
    r"/app/\/\/\admin",
    "/%2Fapp%5cadmin%5Cabc",
    r"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc",
    "/app//../admin",
    "/app//../../admin",
];
const DECODE_ALONE: [&str; 2] = ["/%c0%2e%c0%2e/admin", "/%c0%2fadmin"];
const NOT_NORMALIZED: [&str; 23] = [
    "/0x2e0x2e/admin",
    "/0x2e0x2e0x2fadmin",
    "/0x2e0x2e0x5cadmin",
    "/0x2f0x2fadmin",
    "/0x5c0x5cadmin",
    "/%25c0%25ae%25c1%259cadmin",
    "/%25c0%25ae%25c0%25ae/admin",
    "/%25c0%25afadmin",
    "/%25c1%259cadmin",
    "/%252e%252e/admin",
    "/%252e%252e%252fadmin",
    "/%c1%9cadmin",
    "/%c0%ae%c0%ae/admin",
    "/%c0%afadmin",
    "/.../admin",
    "/..../admin",
    "/..;/admin",
    "/;/admin",
    "/admin;a=b",
    "/admin;a=b/xyz",
    "/admin,a=b/xyz",
    "/Admin",
    "/ADMIN",
];

/// The groups: the row each belongs to, and its request targets.
#[must_use]
pub fn groups() -> Vec<(&'static str, Vec<String>)> {
    let owned =
        |targets: &[&str]| -> Vec<String> { targets.iter().map(|&target| target.to_owned()).collect() };
    let every_byte = (1..=0xff_u8).map(|byte| format!("/admin%{byte:02x}"));
    vec![
        ("istio-none", owned(&MODES)),
        ("istio-base", owned(&MODES)),
        ("istio-merge", owned(&MODES)),
        ("istio-decode", [owned(&MODES), owned(&DECODE_ALONE)].concat()),
        ("istio-not-normalized", owned(&NOT_NORMALIZED)),
        ("istio-bytes", every_byte.collect()),
        ("istio-invalid", owned(&["/admin%00"])),
    ]
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn there_are_345_of_them() {
        let sizes: Vec<usize> = groups().iter().map(|(_, targets)| targets.len()).collect();
        assert_eq!(sizes, [16, 16, 16, 18, 23, 255, 1]);
        assert_eq!(sizes.iter().sum::<usize>(), 345);
    }
}
