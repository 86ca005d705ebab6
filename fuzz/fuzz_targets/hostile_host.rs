#![no_main]

use spiffe_authz_fuzz_bodies::hostile_host;

libfuzzer_sys::fuzz_target!(init: hostile_host::prepare(), |bytes: &[u8]| hostile_host::run(bytes));
