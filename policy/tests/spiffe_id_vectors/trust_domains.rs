//! Bare names of trust domains: every character up to U+00FF at their end, and names that are more than that.

use spiffe_authz_policy::TrustDomain;

use crate::every_byte::TRUST_DOMAIN_BYTES;
use crate::vector::{Vector, What};

const NAMED: [(&str, What); 38] = [
    ("trustdomain", What::Signer),
    ("domain.test", What::Signer),
    ("cluster.local", What::Signer),
    ("1.2.3.4", What::Signer),
    ("a", What::Signer),
    ("0", What::Signer),
    (".", What::Signer),
    ("..", What::Signer),
    ("-", What::Signer),
    ("_", What::Signer),
    ("a.", What::Signer),
    (".a", What::Signer),
    ("xn--80ak6aa92e.test", What::Signer),
    ("", What::Refused),
    (" ", What::Refused),
    (" td", What::Refused),
    ("td ", What::Refused),
    ("Td", What::Refused),
    ("TD", What::Refused),
    ("cluster.Local", What::Refused),
    ("spiffe://td", What::Refused),
    ("spiffe://td/a", What::Refused),
    ("spiffe://", What::Refused),
    ("spiffe:/td/path", What::Refused),
    ("td/", What::Refused),
    ("td/a", What::Refused),
    ("/td", What::Refused),
    ("td:443", What::Refused),
    ("td:", What::Refused),
    ("user@td", What::Refused),
    ("[::1]", What::Refused),
    ("td?q", What::Refused),
    ("td#f", What::Refused),
    ("%74d", What::Refused),
    ("*", What::Refused),
    ("*.td", What::Refused),
    ("td,td", What::Refused),
    ("td\r\n", What::Refused),
];

pub(crate) fn all() -> Vec<Vector> {
    let named = NAMED.map(|(name, what)| vector(name.to_owned(), what));
    let lengths = [255, 256, 2048].map(|length: usize| {
        let what = if length <= 255 {
            What::Signer
        } else {
            What::Refused
        };
        vector("t".repeat(length), what)
    });
    let characters = ('\0'..='\u{ff}').map(at_the_end);
    named.into_iter().chain(lengths).chain(characters).collect()
}

fn at_the_end(character: char) -> Vector {
    let allowed = u8::try_from(character).is_ok_and(|byte| TRUST_DOMAIN_BYTES.contains(&byte));
    let what = if allowed { What::Signer } else { What::Refused };
    vector(format!("trustdomain-{character}"), what)
}

fn vector(name: String, what: What) -> Vector {
    Vector::new(format!("the trust domain `{}`", name.escape_debug()), name, what)
}

pub(crate) fn assert_all() {
    for vector in all() {
        let name = str::from_utf8(&vector.bytes).expect("names are text");
        let found = match TrustDomain::parse(name) {
            Ok(trust_domain) => {
                assert_eq!(trust_domain.as_str(), name, "{vector}");
                What::Signer
            }
            Err(_) => What::Refused,
        };
        assert_eq!(found, vector.what, "{vector}");
    }
}
