//! [`Hostcall`] and [`no_op`]: the smallest modules, which do nothing, or one thing many times over.

use std::fmt::Write as _;

/// How often a module makes its call while it looks at the headers of one request.
pub const REPEATED: usize = 8;

/// Something that a filter asks of the proxy, or the proxy of a filter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hostcall {
    /// `proxy_get_property`, of this path.
    GetProperty(&'static [&'static str]),
    /// `proxy_set_property`, of another key each time.
    SetProperty,
    /// `proxy_set_property`, of the same key each time.
    SetPropertyAgain,
    /// `proxy_get_header_map_pairs`, all headers of the request.
    HeaderPairs,
    /// `proxy_get_header_map_value`, one header of the request.
    HeaderValue,
    /// `proxy_increment_metric`, of a counter that was defined before.
    IncrementMetric,
    /// `proxy_get_current_time_nanoseconds`.
    CurrentTime,
    /// `proxy_on_response_headers`, `proxy_on_done`, `proxy_on_log` and `proxy_on_delete`, once each.
    Callbacks,
}

impl Hostcall {
    /// Those whose price is shown.
    pub const ALL: [Self; 15] = [
        Self::GetProperty(&["connection", "mtls"]),
        Self::GetProperty(&["connection", "peer_certificate_valid"]),
        Self::GetProperty(&["connection", "sha256_peer_certificate_digest"]),
        Self::GetProperty(&["connection", "peer_certificate"]),
        Self::GetProperty(&["connection", "uri_san_peer_certificate"]),
        Self::GetProperty(&["source", "address"]),
        Self::GetProperty(&["destination", "port"]),
        Self::GetProperty(&["filter_state", "spiffe_authz.direct_remote_address"]),
        Self::SetProperty,
        Self::SetPropertyAgain,
        Self::HeaderPairs,
        Self::HeaderValue,
        Self::IncrementMetric,
        Self::CurrentTime,
        Self::Callbacks,
    ];

    /// The name in tables.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::GetProperty(path) => format!("get_property {}", path.join(".")),
            Self::SetProperty => "set_property, a new key".to_owned(),
            Self::SetPropertyAgain => "set_property, the same key".to_owned(),
            Self::HeaderPairs => "get_header_map_pairs".to_owned(),
            Self::HeaderValue => "get_header_map_value".to_owned(),
            Self::IncrementMetric => "increment_metric".to_owned(),
            Self::CurrentTime => "get_current_time_nanoseconds".to_owned(),
            Self::Callbacks => "on_response_headers, done, log, delete".to_owned(),
        }
    }

    /// How often a request pays for it.
    #[must_use]
    pub fn times(self) -> usize {
        match self {
            Self::Callbacks => 1,
            _ => REPEATED,
        }
    }

    /// The module that makes this call and lets every request pass.
    #[must_use]
    pub fn module(self) -> String {
        match self {
            Self::Callbacks => module("", "", "", "", CALLBACKS),
            _ => {
                let calls: String = (0..REPEATED).map(|turn| self.call(turn)).collect();
                module(self.import(), &self.data(), self.configure(), &calls, "")
            }
        }
    }

    fn import(self) -> &'static str {
        match self {
            Self::GetProperty(_) => {
                r#"(import "env" "proxy_get_property" (func $call (param i32 i32 i32 i32) (result i32)))"#
            }
            Self::SetProperty | Self::SetPropertyAgain => {
                r#"(import "env" "proxy_set_property" (func $call (param i32 i32 i32 i32) (result i32)))"#
            }
            Self::HeaderPairs => {
                r#"(import "env" "proxy_get_header_map_pairs" (func $call (param i32 i32 i32) (result i32)))"#
            }
            Self::HeaderValue => {
                r#"(import "env" "proxy_get_header_map_value" (func $call (param i32 i32 i32 i32 i32) (result i32)))"#
            }
            Self::IncrementMetric => {
                r#"(import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
                   (import "env" "proxy_increment_metric" (func $call (param i32 i64) (result i32)))"#
            }
            Self::CurrentTime => {
                r#"(import "env" "proxy_get_current_time_nanoseconds" (func $call (param i32) (result i32)))"#
            }
            Self::Callbacks => "",
        }
    }

    /// What the call points at.
    fn data(self) -> String {
        match self {
            Self::GetProperty(path) => path.join("\\00"),
            Self::SetProperty | Self::SetPropertyAgain => KEY.to_owned(),
            Self::IncrementMetric => "no_op_requests_total".to_owned(),
            Self::HeaderValue => ":path".to_owned(),
            Self::HeaderPairs | Self::CurrentTime | Self::Callbacks => String::new(),
        }
    }

    fn configure(self) -> &'static str {
        match self {
            Self::IncrementMetric => {
                "(drop (call $define (i32.const 0) (i32.const 1024) (i32.const 20) (i32.const 16)))"
            }
            _ => "",
        }
    }

    fn call(self, turn: usize) -> String {
        match self {
            Self::GetProperty(path) => checked(&format!(
                "(i32.const 1024) (i32.const {}) (i32.const 16) (i32.const 20)",
                path.join("\0").len()
            )),
            Self::SetProperty => format!(
                "(i32.store8 (i32.const {LAST_OF_KEY}) (i32.const {})) {}",
                usize::from(b'0') + turn,
                checked(SET)
            ),
            Self::SetPropertyAgain => checked(SET),
            Self::HeaderPairs => checked("(i32.const 0) (i32.const 16) (i32.const 20)"),
            Self::HeaderValue => {
                checked("(i32.const 0) (i32.const 1024) (i32.const 5) (i32.const 16) (i32.const 20)")
            }
            Self::IncrementMetric => checked("(i32.load (i32.const 16)) (i64.const 1)"),
            Self::CurrentTime => checked("(i32.const 16)"),
            Self::Callbacks => String::new(),
        }
    }
}

/// The module that does nothing and lets every request pass.
#[must_use]
pub fn no_op() -> String {
    module("", "", "", "", "")
}

/// The module that says the word of the interlock and lets every request pass.
#[must_use]
pub fn opens_interlock() -> String {
    let set = Hostcall::SetProperty;
    let call = checked("(i32.const 1024) (i32.const 12) (i32.const 1036) (i32.const 5)");
    module(set.import(), "spiffe_authzallow", "", &call, "")
}

/// The key is as long as those of the filter; the value is its first five bytes.
const KEY: &str = "spiffe_authz_word_0";
const LAST_OF_KEY: usize = 1024 + KEY.len() - 1;
const SET: &str = "(i32.const 1024) (i32.const 19) (i32.const 1024) (i32.const 5)";
const CALLBACKS: &str = r#"
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.const 0))
    (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
    (func (export "proxy_on_log") (param i32))
    (func (export "proxy_on_delete") (param i32))"#;

/// The call with these arguments; a status other than OK is a fault, and no request passes.
fn checked(arguments: &str) -> String {
    format!("(if (call $call {arguments}) (then (unreachable)))\n")
}

fn module(import: &str, data: &str, configure: &str, request: &str, exports: &str) -> String {
    let mut text = String::from("(module\n");
    for part in [import, MEMORY] {
        let _infallible = writeln!(text, "{part}");
    }
    let _infallible = write!(
        text,
        r#"(data (i32.const 1024) "{data}")
           (func (export "proxy_abi_version_0_2_1"))
           (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 65536))
           (func (export "proxy_on_context_create") (param i32 i32))
           (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
           (func (export "proxy_on_configure") (param i32 i32) (result i32) {configure} (i32.const 1))
           (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {request} (i32.const 0))
           {exports})"#
    );
    text
}

/// What the host puts into memory lies in the second page, one answer over the other.
const MEMORY: &str = r#"(memory (export "memory") 2)"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_wasm() {
        let modules = Hostcall::ALL.map(Hostcall::module);
        for text in modules.iter().chain([&no_op(), &opens_interlock()]) {
            assert!(wat::parse_str(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_call_is_made_as_often_as_its_price_is_divided_by() {
        for hostcall in Hostcall::ALL {
            let calls = hostcall.module().matches("call $call").count();
            let expected = match hostcall {
                Hostcall::Callbacks => 0,
                _ => hostcall.times(),
            };
            assert_eq!(calls, expected, "{hostcall:?}");
        }
    }

    #[test]
    fn the_key_of_each_turn_is_another_of_the_same_length() {
        assert_eq!(KEY.len(), 19);
        let module = Hostcall::SetProperty.module();
        for turn in 0..REPEATED {
            assert!(module.contains(&format!("(i32.const {})", usize::from(b'0') + turn)));
        }
    }
}
