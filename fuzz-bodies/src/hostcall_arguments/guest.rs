//! A plugin that carries out a script, which it reads from the VM's configuration.
//!
//! Memory: 0 to 255 for answers, from 256 on prepared bytes, from 8,192 on what the host hands over, the script first.

use std::fmt::Write as _;

use crate::host::abi::{CALLBACKS, IMPORTS, Import, import, signature};

/// What a script does beside hostcalls.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Ends the callback with a result.
    Return,
    /// Chooses how the allocator answers from now on.
    Allocator,
    /// Grows the memory by pages.
    Grow,
    /// Writes a number into the lowest 64 KiB.
    Store,
}

impl Step {
    pub(super) const ALL: [Self; 4] = [Self::Return, Self::Allocator, Self::Grow, Self::Store];

    /// The byte that stands for it in a script; a hostcall is its place among the imports.
    pub(super) const fn opcode(self) -> u8 {
        match self {
            Self::Return => 255,
            Self::Allocator => 254,
            Self::Grow => 253,
            Self::Store => 252,
        }
    }
}

/// Prepared bytes: names and values of every area of the ABI.
const PREPARED: [&[u8]; 32] = [
    b"",
    b":path",
    b":status",
    b":authority",
    b"x-a",
    b"cookie",
    b"value",
    b"plugin_name",
    b"plugin_root_id",
    b"node\0id",
    b"request\0path",
    b"request\0headers\0x-a",
    b"source\0address",
    b"connection\0mtls",
    b"metadata\0filter_metadata\0a\0b",
    b"filter_state\0a",
    b"wasm.x",
    b"x\0y",
    b"metric",
    b"queue",
    b"vm",
    b"key",
    b"cluster",
    b"\x0a\x09\x0a\x07cluster",
    b"service",
    b"method",
    b"compress",
    b"declare_property",
    b"set_envoy_filter_state",
    b"\x01\0\0\0\x01\0\0\0\x01\0\0\0a\0b\0",
    b"\x03\0\0\0\x07\0\0\0\x03\0\0\0\x05\0\0\0\x01\0\0\0\x0a\0\0\0\x01\0\0\0:method\0GET\0:path\0/\0:authority\0a\0",
    b"\x10\0\0\0\x08\0\0\0",
];

const FIRST: u32 = 256;

/// Address and length of everything that is prepared.
pub(super) const ADDRESSES: [(u32, u32); PREPARED.len()] = {
    let mut addresses = [(0, 0); PREPARED.len()];
    let (mut next, mut place) = (FIRST, 0);
    while place < PREPARED.len() {
        let length = PREPARED[place].len() as u32;
        addresses[place] = (next, length);
        next += length + 1;
        place += 1;
    }
    addresses
};

/// The plugin.
pub(super) fn text() -> String {
    let mut text = String::from("(module\n");
    for (number, each) in IMPORTS.iter().enumerate() {
        text += &import(number, each);
    }
    text += KIT;
    for (bytes, (address, _)) in PREPARED.iter().zip(ADDRESSES) {
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let _infallible = writeln!(text, "(data (i32.const {address}) \"{escaped}\")");
    }
    text += &steps();
    text += &callbacks();
    text + ")"
}

/// Globals: the script, where it ends, and how the allocator answers. An argument is a byte and four: the number, or where it
/// is. The allocator hands out memory upwards; or nothing, or what is outside, or it traps, or goes on with the script first.
const KIT: &str = r#"
(import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
(memory (export "memory") 1 8)
(global $next (mut i32) (i32.const 0))
(global $end (mut i32) (i32.const 0))
(global $heap (mut i32) (i32.const 8192))
(global $mode (mut i32) (i32.const 0))
(func (export "proxy_abi_version_0_2_1"))
(func $argument (param $at i32) (result i32)
  (local $number i32)
  (local.set $number (i32.load offset=1 (local.get $at)))
  (if (result i32) (i32.load8_u (local.get $at))
    (then (i32.load (i32.and (local.get $number) (i32.const 252))))
    (else (local.get $number))))
(func $bump (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (global.get $heap))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (local.get $at))
(func (export "malloc") (param $size i32) (result i32)
  (if (i32.eq (global.get $mode) (i32.const 1)) (then (return (i32.const 0))))
  (if (i32.eq (global.get $mode) (i32.const 2)) (then (return (i32.const -8))))
  (if (i32.eq (global.get $mode) (i32.const 3)) (then (unreachable)))
  (if (i32.eq (global.get $mode) (i32.const 4)) (then (drop (call $steps))))
  (call $bump (local.get $size)))
(func $begin
  (if (i32.eqz (global.get $end)) (then
    (drop (call $get_buffer (i32.const 6) (i32.const 0) (i32.const 65536) (i32.const 0) (i32.const 4)))
    (global.set $next (i32.load (i32.const 0)))
    (global.set $end (i32.add (global.get $next) (i32.load (i32.const 4)))))))
"#;

/// One function that goes on with the script until it returns or ends.
fn steps() -> String {
    let arms: String = IMPORTS
        .iter()
        .enumerate()
        .map(|(number, each)| arm(number, each))
        .collect();
    let [end, allocator, grow, store] = Step::ALL.map(Step::opcode);
    format!(
        r"(func $steps (result i32) (local $op i32) (local $at i32)
            (loop $again
              (if (i32.ge_u (global.get $next) (global.get $end)) (then (return (i32.const 0))))
              (local.set $op (i32.load8_u (global.get $next)))
              (local.set $at (i32.add (global.get $next) (i32.const 1)))
              (global.set $next (i32.add (local.get $at) (i32.const 1)))
              (if (i32.eq (local.get $op) (i32.const {end})) (then (return (i32.load8_u (local.get $at)))))
              (if (i32.eq (local.get $op) (i32.const {allocator}))
                (then (global.set $mode (i32.load8_u (local.get $at))) (br $again)))
              (if (i32.eq (local.get $op) (i32.const {grow}))
                (then (drop (memory.grow (i32.load8_u (local.get $at)))) (br $again)))
              (if (i32.eq (local.get $op) (i32.const {store})) (then
                (global.set $next (i32.add (local.get $at) (i32.const 10)))
                (i32.store (i32.and (call $argument (local.get $at)) (i32.const 65532))
                  (call $argument (i32.add (local.get $at) (i32.const 5))))
                (br $again)))
              {arms}
              (br $again))
            (i32.const 0))
        "
    )
}

/// Where the opcode is this import's: past its arguments first, since the allocator may go on with the script.
fn arm(number: usize, import: &Import) -> String {
    let length = import.parameters.len() * 5;
    let arguments: String = import
        .parameters
        .chars()
        .enumerate()
        .map(|(place, letter)| {
            let argument = format!(
                "(call $argument (i32.add (local.get $at) (i32.const {})))",
                place * 5
            );
            if letter == 'I' {
                format!("(i64.extend_i32_s {argument})")
            } else {
                argument
            }
        })
        .collect();
    let call = format!("(call $f{number} {arguments})");
    let call = if import.result.is_empty() {
        call
    } else {
        format!("(drop {call})")
    };
    format!(
        "(if (i32.eq (local.get $op) (i32.const {number})) (then
            (global.set $next (i32.add (local.get $at) (i32.const {length}))) {call} (br $again)))\n"
    )
}

fn callbacks() -> String {
    let callbacks = CALLBACKS.iter().map(|(name, parameters, result)| {
        let signature = signature(parameters, result);
        let go_on = if result.is_empty() {
            "(drop (call $steps))"
        } else {
            "(call $steps)"
        };
        format!("(func (export \"{name}\") {signature} (call $begin) {go_on})\n")
    });
    callbacks.collect()
}
