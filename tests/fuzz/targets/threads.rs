#![no_main]
// Random programs against the brute force: the same bodies as in `cargo test --test algorithms differential`.
#[path = "../../algorithms/threads_differential.rs"]
mod threads_differential;
#[path = "../../algorithms/threads_oracle.rs"]
mod threads_oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = threads_differential::compare(bytes) {
        panic!("{difference}");
    }
});
