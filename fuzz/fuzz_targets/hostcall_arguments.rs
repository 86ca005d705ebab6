#![no_main]

use spiffe_authz_fuzz_bodies::hostcall_arguments;

libfuzzer_sys::fuzz_target!(init: hostcall_arguments::prepare(), |bytes: &[u8]| hostcall_arguments::run(bytes));
