//! The raw section `svid`: what a peer must show, where else its identity may stand, and who is denied.

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed, Read};
use crate::config::hex::parse_hex;
use crate::config::values::{non_empty_text, text};
use crate::denied::{DeniedId, Digest};
use crate::leaf_facts::without_leading_zeros;
use crate::svid::workload_id;
use crate::svid_settings::RequiredSvid;

const SPIFFE: &str = "spiffe://";

/// `svid`, as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawSvid {
    pub(crate) required: Option<RequiredSvid>,
    pub(crate) peer_principal_key: Option<String>,
    pub(crate) denied: RawDenied,
}

/// `svid.denied`, as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawDenied {
    pub(crate) spiffe_ids: Listed<DeniedId>,
    pub(crate) serial_numbers: Listed<Box<[u8]>>,
    pub(crate) sha256_digests: Listed<Digest>,
}

impl RawSvid {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let svid = Self {
            required: fields.optional("required", problems, read_required),
            peer_principal_key: fields.optional("peerPrincipalKey", problems, read_key),
            denied: fields
                .optional("denied", problems, RawDenied::read)
                .unwrap_or_default(),
        };
        fields.finish(problems);
        Some(svid)
    }
}

impl RawDenied {
    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let denied = Self {
            spiffe_ids: read_entries("spiffeIds", &mut fields, at, problems, read_id),
            serial_numbers: read_entries("serialNumbers", &mut fields, at, problems, read_serial),
            sha256_digests: read_entries("sha256Digests", &mut fields, at, problems, read_digest),
        };
        fields.finish(problems);
        Some(denied)
    }
}

fn read_entries<T>(
    name: &'static str,
    fields: &mut Fields<'_, '_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    read: Read<T>,
) -> Listed<T> {
    let found = fields.list_length(name);
    problems.at_most(&at.field(name), found, problems.limits.denied_peers, "entries");
    fields.list(name, problems, read).unwrap_or_default()
}

fn read_required(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<RequiredSvid> {
    let word = text(document, at, problems)?;
    match word.as_str() {
        "full" => Some(RequiredSvid::Full),
        "uri" => Some(RequiredSvid::Uri),
        _ => {
            problems.invalid(at, &word, "`full` or `uri`");
            None
        }
    }
}

/// The name of a filter state. It is read as one segment of a path, whose segments are joined by NUL.
fn read_key(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<String> {
    let key = non_empty_text(document, at, problems)?;
    if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(key);
    }
    problems.invalid(
        at,
        &key,
        "the key of a filter state: printable ASCII without spaces",
    );
    None
}

fn read_id(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<DeniedId> {
    let value = non_empty_text(document, at, problems)?;
    let id = denied_id(&value);
    if id.is_none() {
        let expected = "the SPIFFE ID of a workload with its `spiffe://`, or the beginning of one before a `*`, or its end behind a `*`";
        problems.invalid(at, &value, expected);
    }
    id
}

/// Nothing is taken that could match no SPIFFE ID: a slip of the pen would shut nobody out.
fn denied_id(value: &str) -> Option<DeniedId> {
    if let Some(suffix) = value.strip_prefix('*') {
        return (!suffix.is_empty() && is_part_of_id(suffix))
            .then(|| DeniedId::Suffix(suffix.as_bytes().into()));
    }
    if let Some(prefix) = value.strip_suffix('*') {
        let rest = prefix.strip_prefix(SPIFFE)?;
        return is_part_of_id(rest).then(|| DeniedId::Prefix(prefix.as_bytes().into()));
    }
    workload_id(value.as_bytes()).ok()?;
    Some(DeniedId::Exact(value.as_bytes().into()))
}

fn is_part_of_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte))
}

fn read_serial(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Box<[u8]>> {
    let value = non_empty_text(document, at, problems)?;
    let serial =
        parse_hex(&value).or_else(|| parse_hex(&format!("0{value}")).filter(|_| !value.contains(':')));
    if serial.is_none() {
        problems.invalid(at, &value, "a serial number in hexadecimal digits");
    }
    Some(without_leading_zeros(&serial?).into())
}

fn read_digest(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Digest> {
    let value = non_empty_text(document, at, problems)?;
    let digest = parse_hex(&value).and_then(|bytes| Digest::try_from(bytes).ok());
    if digest.is_none() {
        problems.invalid(at, &value, "a SHA-256 digest: 64 hexadecimal digits");
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::limits::Limits;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What was read, and each problem with its place.
    fn read(json: &str) -> (Option<RawSvid>, Vec<String>) {
        let document = Document::from_json(json.as_bytes(), Limits::default()).unwrap();
        let mut problems = Problems::new(Limits::default());
        let svid = RawSvid::read(&document, &FieldPath::Root.field("svid"), &mut problems);
        let errors = problems.into_result::<()>(None).unwrap_err();
        (svid, errors.iter().map(ToString::to_string).collect())
    }

    fn denied(json: &str) -> RawDenied {
        let (svid, problems) = read(&format!(r#"{{"denied": {json}}}"#));
        assert_eq!(problems, Vec::<String>::new());
        svid.unwrap().denied
    }

    #[test]
    fn everything_may_be_left_out() {
        let (svid, problems) = read("{}");
        let svid = svid.unwrap();
        assert_eq!((svid.required, svid.peer_principal_key), (None, None));
        assert_eq!(problems, Vec::<String>::new());
        let empty = denied(r#"{"spiffeIds": [], "serialNumbers": [], "sha256Digests": []}"#);
        assert!(empty.spiffe_ids.is_empty() && empty.serial_numbers.is_empty());
    }

    #[test]
    fn an_id_is_exact_or_open_at_one_end() {
        let bytes = |text: &str| text.as_bytes().into();
        let table = [
            (
                "spiffe://cluster.local/ns/shop/sa/a",
                DeniedId::Exact(bytes("spiffe://cluster.local/ns/shop/sa/a")),
            ),
            (
                "spiffe://cluster.local/ns/test/*",
                DeniedId::Prefix(bytes("spiffe://cluster.local/ns/test/")),
            ),
            ("spiffe://*", DeniedId::Prefix(bytes("spiffe://"))),
            ("*/sa/builder", DeniedId::Suffix(bytes("/sa/builder"))),
        ];
        for (value, expected) in table {
            assert_eq!(denied_id(value), Some(expected), "{value}");
        }
    }

    #[test]
    fn an_id_that_could_match_nobody_or_everybody_by_one_star_is_refused() {
        for value in [
            "*",
            "**",
            "spiffe:",
            "spiffe*",
            "spiffe://",
            "spiffe://cluster.local",
            "spiffe://cluster.local/",
            "spiffe://cluster.local/ns/*/sa/a",
            "spiffe://cluster.local/ns/**",
            "*/sa/*",
            "spiffe://Cluster.Local/ns/a/sa/b",
            "cluster.local/ns/a/sa/b",
            "spiffe://cluster.local/ns/a /*",
            "*,spiffe",
            " *",
        ] {
            assert_eq!(denied_id(value), None, "{value}");
        }
    }

    #[test]
    fn a_serial_number_has_no_leading_zeros_and_may_have_colons() {
        let read = denied(r#"{"serialNumbers": ["0a:1B:2c", "0000a1b2c", "a1b2c", "00", "0"]}"#);
        let serials: Vec<&[u8]> = read.serial_numbers.iter().map(|(_, serial)| &**serial).collect();
        let number: &[u8] = &[0x0a, 0x1b, 0x2c];
        assert_eq!(serials, [number, number, number, b"", b""]);
    }

    #[test]
    fn a_digest_has_64_digits() {
        let plain = "Ab".repeat(32);
        let colons = vec!["aB"; 32].join(":");
        let read = denied(&format!(r#"{{"sha256Digests": ["{plain}", "{colons}"]}}"#));
        assert_eq!(read.sha256_digests, [(0, [0xab; 32]), (1, [0xab; 32])]);
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_place() {
        let (_, problems) = read(
            r#"{"required": "none", "peerPrincipalKey": "a b", "colour": 1, "denied": {
                "spiffeIds": ["spiffe://td/a", "*", ""], "serialNumbers": ["1:2", "xy"],
                "sha256Digests": ["abcd", 1], "names": []}}"#,
        );
        let places: Vec<&str> = problems
            .iter()
            .map(|problem| problem.split(": ").next().unwrap())
            .collect();
        let expected = [
            "svid.required",
            "svid.peerPrincipalKey",
            "svid.denied.spiffeIds[1]",
            "svid.denied.spiffeIds[2]",
            "svid.denied.serialNumbers[0]",
            "svid.denied.serialNumbers[1]",
            "svid.denied.sha256Digests[0]",
            "svid.denied.sha256Digests[1]",
            "svid.denied.names",
            "svid.colour",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let list = |length: usize| vec![r#""a1""#; length].join(",");
        let read = |length| {
            read(&format!(
                r#"{{"denied": {{"serialNumbers": [{}]}}}}"#,
                list(length)
            ))
            .1
        };
        assert_eq!(read(4096), Vec::<String>::new());
        assert_eq!(
            read(4097),
            ["svid.denied.serialNumbers: 4097 entries, at most 4096 are allowed"]
        );
    }
}
