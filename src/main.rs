//! The binary: hands over to the command line and does nothing else.
fn main() {}
