//! The `scalelab` program.

fn main() -> std::process::ExitCode {
    scalelab::cli::main()
}
