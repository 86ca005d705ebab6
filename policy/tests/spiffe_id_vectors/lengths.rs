//! SPIFFE-ID section 2.3: 2,048 bytes an ID, 255 a trust domain.

use crate::vector::{Vector, What};

const LONGEST_ID: usize = 2048;
const LONGEST_TRUST_DOMAIN: usize = 255;

pub(crate) fn ids() -> Vec<Vector> {
    let whole = [
        LONGEST_ID - 1,
        LONGEST_ID,
        LONGEST_ID + 1,
        LONGEST_ID + 2,
        2 * LONGEST_ID,
        8_192,
    ];
    let trust_domains = [
        1,
        2,
        LONGEST_TRUST_DOMAIN - 1,
        LONGEST_TRUST_DOMAIN,
        LONGEST_TRUST_DOMAIN + 1,
        2_039,
        2_040,
    ];
    let whole = whole.into_iter().flat_map(of_whole_length);
    whole
        .chain(trust_domains.into_iter().flat_map(with_trust_domain))
        .collect()
}

/// With one long segment, and with as many short ones.
fn of_whole_length(length: usize) -> [Vector; 2] {
    let what = if length <= LONGEST_ID {
        What::Workload
    } else {
        What::Refused
    };
    let path = length - "spiffe://td/".len();
    let one = format!("spiffe://td/{}", "a".repeat(path));
    let many = format!(
        "spiffe://td/{}{}",
        "b/".repeat(path / 2 - 1),
        "b".repeat(2 + path % 2)
    );
    assert_eq!((one.len(), many.len()), (length, length));
    [
        Vector::new(format!("{length} bytes, one segment"), one, what),
        Vector::new(format!("{length} bytes, many segments"), many, what),
    ]
}

/// Alone, and in the ID of a workload.
fn with_trust_domain(length: usize) -> [Vector; 2] {
    let signer = format!("spiffe://{}", "t".repeat(length));
    let workload = format!("{signer}/a");
    let fits = |what| match length {
        ..=LONGEST_TRUST_DOMAIN => what,
        _ => What::Refused,
    };
    [
        Vector::new(
            format!("a trust domain of {length} bytes alone"),
            signer,
            fits(What::Signer),
        ),
        Vector::new(
            format!("a trust domain of {length} bytes with a path"),
            workload,
            fits(What::Workload),
        ),
    ]
}
