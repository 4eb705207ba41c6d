//! The program as a process: command line, terminal, files.

mod command_line;
mod hostile;
mod progress;
mod screen;
