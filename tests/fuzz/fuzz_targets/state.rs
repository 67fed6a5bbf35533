#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gpumgr_fuzz::targets::state::check(data));
