#![no_main]

use spiffe_authz_fuzz_bodies::module;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| module::run(bytes));
