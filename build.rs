//! The lessons are embedded in the program: a new or changed one is a reason to build it again.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=lessons\ncargo::rerun-if-changed=build.rs")
}
