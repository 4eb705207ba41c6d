#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scalelab_fuzz::progress(bytes));
