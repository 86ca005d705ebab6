#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| spiffe_authz_fuzz_bodies::certificate::run(bytes));
