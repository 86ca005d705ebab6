//! [`HostMatcher`]: a value of `hosts`, and the forms that one host can be written in (S-5, section 0).

use crate::matcher::string::StringMatcher;
use crate::profile::Profile;

/// A value of `hosts`. Case-insensitive.
#[derive(Clone, Debug)]
pub(crate) struct HostMatcher {
    form: StringMatcher,
    profile: Profile,
}

/// A value of `hosts` that names a port and nothing else; in profile zero-trust ports are not compared.
#[derive(Debug)]
pub(crate) struct OnlyAPort;

impl HostMatcher {
    /// Reads a value. In profile istio its port is part of the text; in profile zero-trust one port and one
    /// trailing dot are ignored, in the value as in the request.
    pub(crate) fn new(profile: Profile, value: &str) -> Result<Self, OnlyAPort> {
        let value = value.to_ascii_lowercase();
        let form = match profile {
            Profile::Istio => StringMatcher::new(&value),
            Profile::ZeroTrust => without_port_in_value(StringMatcher::new(&value))?,
        };
        Ok(Self { form, profile })
    }

    /// What is asked of the [compared form](compared_host) in lower case; `*` asks that there is one.
    pub(crate) fn form(&self) -> &StringMatcher {
        &self.form
    }

    /// Tests the `:authority` as it came.
    pub(crate) fn matches(&self, host: &[u8]) -> bool {
        let host = compared_host(self.profile, host);
        match &self.form {
            // As for every header: `*` asks that it is there.
            StringMatcher::Presence => true,
            StringMatcher::Exact(exact) => host.eq_ignore_ascii_case(exact.as_bytes()),
            StringMatcher::Prefix(prefix) => host
                .get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes())),
            StringMatcher::Suffix(suffix) => host
                .len()
                .checked_sub(suffix.len())
                .and_then(|start| host.get(start..))
                .is_some_and(|tail| tail.eq_ignore_ascii_case(suffix.as_bytes())),
        }
    }
}

/// Whether a host that policies are compared with can be read in one way only: a name or an address, with at
/// most one port and one trailing dot.
pub(crate) fn is_plain(host: &[u8]) -> bool {
    let name = canonical(host);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    match name.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
        Some(address) => {
            !address.is_empty()
                && address
                    .iter()
                    .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte))
        }
        None => !name.is_empty() && !name.ends_with(b".") && name.iter().all(plain),
    }
}

/// Whether a host carries user information, which no HTTP request may.
pub(crate) fn has_userinfo(host: &[u8]) -> bool {
    host.contains(&b'@')
}

/// The host as regular expressions see it (E-1): the profile's form of it, as in `hosts`.
pub(crate) fn compared_host(profile: Profile, host: &[u8]) -> &[u8] {
    match profile {
        Profile::Istio => host,
        Profile::ZeroTrust => canonical(host),
    }
}

/// The host without one numeric port and one trailing dot.
fn canonical(host: &[u8]) -> &[u8] {
    let name = without_port(host);
    name.strip_suffix(b".").unwrap_or(name)
}

fn without_port(host: &[u8]) -> &[u8] {
    let name = host
        .iter()
        .rposition(|byte| *byte == b':')
        .and_then(|colon| host.split_at_checked(colon));
    match name {
        Some((name, [b':', digits @ ..])) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            name
        }
        Some(_) | None => host,
    }
}

/// The value without its port: `a.com:80` is `a.com`, and so are `a.com:*` and `a.com:8*`.
fn without_port_in_value(form: StringMatcher) -> Result<StringMatcher, OnlyAPort> {
    let name = |text: &str| -> Box<str> {
        let bare = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let bare = bare
            .strip_suffix(':')
            .filter(|bare| bare.len() < text.len())
            .unwrap_or(text);
        bare.into()
    };
    let form = match form {
        StringMatcher::Presence => return Ok(StringMatcher::Presence),
        StringMatcher::Exact(exact) => StringMatcher::Exact(without_dot(name(&exact))),
        StringMatcher::Suffix(suffix) => StringMatcher::Suffix(without_dot(name(&suffix))),
        StringMatcher::Prefix(prefix) => match name(&prefix) {
            bare if bare == prefix => StringMatcher::Prefix(prefix),
            bare => StringMatcher::Exact(without_dot(bare)),
        },
    };
    match &form {
        StringMatcher::Exact(text) | StringMatcher::Suffix(text) if text.is_empty() => Err(OnlyAPort),
        StringMatcher::Presence
        | StringMatcher::Exact(_)
        | StringMatcher::Suffix(_)
        | StringMatcher::Prefix(_) => Ok(form),
    }
}

fn without_dot(name: Box<str>) -> Box<str> {
    name.strip_suffix('.').map(Box::from).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn check(profile: Profile, table: &[(&str, &[&str], &[&str])]) {
        for (value, yes, no) in table {
            let matcher = HostMatcher::new(profile, value).unwrap();
            for host in *yes {
                assert!(matcher.matches(host.as_bytes()), "`{value}` must match `{host}`");
            }
            for host in *no {
                assert!(
                    !matcher.matches(host.as_bytes()),
                    "`{value}` must not match `{host}`"
                );
            }
        }
    }

    #[test]
    fn in_istio_case_is_folded_and_the_port_is_part_of_the_text() {
        check(
            Profile::Istio,
            &[
                ("A.com", &["a.com", "A.COM"], &["a.com:8080", "a.com.", ""]),
                ("a.com:8080", &["A.com:8080"], &["a.com"]),
                ("a.com:*", &["a.com:80", "a.com:"], &["a.com"]),
                ("*.com", &["a.com", ".COM"], &["a.com:80", "com"]),
                ("a.*", &["a.com", "A.", "a.com:80"], &["b.com", "a"]),
                ("*", &["", "a"], &[]),
            ],
        );
    }

    #[test]
    fn in_zero_trust_one_port_and_one_trailing_dot_are_ignored() {
        check(
            Profile::ZeroTrust,
            &[
                (
                    "a.com",
                    &["a.com", "A.com:8080", "a.com.", "a.com.:80"],
                    &["b.com", "a.com..", "a.com:x"],
                ),
                ("a.com:8080", &["a.com", "a.com:9090"], &["b.com:8080"]),
                ("a.com.", &["a.com", "a.com."], &["a.comx"]),
                ("a.com:*", &["a.com:80", "a.com"], &["a.community"]),
                ("a.com:8*", &["a.com:80", "a.com"], &["a.com8"]),
                ("*.com", &["a.com", "a.com:80", "a.com."], &["com"]),
                ("*.com:80", &["a.com", "a.com:80"], &["a.org:80"]),
                ("a.*", &["a.com", "a.com:80"], &["b.com"]),
                ("[::1]:80", &["[::1]", "[::1]:8080"], &["[::2]"]),
            ],
        );
    }

    #[test]
    fn a_value_that_is_only_a_port_is_refused_in_zero_trust() {
        for value in ["*:8080", ":8080", "*:", "*."] {
            assert!(HostMatcher::new(Profile::ZeroTrust, value).is_err(), "{value}");
            assert!(HostMatcher::new(Profile::Istio, value).is_ok(), "{value}");
        }
    }

    #[test]
    fn a_host_that_reads_two_ways_is_not_plain() {
        for host in [
            "a",
            "a.com",
            "a.com:80",
            "a.com.",
            "a.com.:80",
            "10.0.0.1:80",
            "[::1]",
            "[::1]:80",
            "a_b",
        ] {
            assert!(is_plain(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            ".",
            ":80",
            "a.com:",
            "a.com:x",
            "a.com:80:80",
            "a.com..",
            "a b",
            "a/b",
            "a\\b",
            "[]",
            "a%20",
            "é",
        ] {
            assert!(!is_plain(host.as_bytes()), "{host}");
        }
        assert!(has_userinfo(b"user@a.com"));
    }
}
