#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gpumgr_fuzz::targets::export::check(data));
