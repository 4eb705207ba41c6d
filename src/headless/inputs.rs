//! Opens real input: files and standard input, gzip or not, with a progress bar for long ones.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Fault;
use crate::engine::{Blank, Input, InputError, Setup, input, visible};
use crate::labs::{LabInfo, OpenLab};

/// Reads each (role, path) that a lab takes and puts all in a set-up.
///
/// # Errors
/// What cannot be read or used, and standard input asked for twice.
pub fn open(lab: &LabInfo, seed: u64, paths: &[(String, String)]) -> Result<Setup, Fault> {
    if paths.iter().filter(|(_, path)| path == "-").count() > 1 {
        return Err(Fault::Usage("standard input (-) can be read only once: give the other as a file".to_owned()));
    }
    let mut inputs = BTreeMap::new();
    for (role, path) in paths {
        let Some(spec) = lab.inputs.iter().find(|spec| spec.name == role) else {
            return Err(Fault::Usage(format!("the lab {} takes no input '{}'", lab.name, visible(role))));
        };
        inputs.insert(role.clone(), Arc::new(read(path, spec.blank)?));
    }
    Ok(Setup { seed, inputs })
}

/// Reads one file, or standard input for `-`.
///
/// # Errors
/// Every [`InputError`].
pub fn read(path: &str, blank: Blank) -> Result<Input, InputError> {
    if path == "-" {
        return read_lines(path, std::io::stdin().lock(), blank, None);
    }
    let (file, size) = input::open(Path::new(path))?;
    let mut file = BufReader::with_capacity(1 << 18, file);
    // How much comes out of gzip is not known before.
    let size = size.filter(|_| !input::is_packed(&mut file).unwrap_or(true));
    read_lines(path, file, blank, size)
}

fn read_lines(name: &str, source: impl BufRead, blank: Blank, size: Option<u64>) -> Result<Input, InputError> {
    let bar = progress_bar(size);
    let input = Input::read(name, source, blank, |lines, bytes| {
        bar.set_position(bytes);
        bar.set_message(format!("{} lines", crate::engine::numbers::thousands(lines as u64)));
    });
    bar.finish_and_clear();
    input
}

/// Does work of unknown length. When it takes long, standard error says what is done and since when, if it is a terminal.
pub fn working<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let bar = bar(None, "{spinner} {wide_msg} {elapsed}");
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    let done = work();
    bar.finish_and_clear();
    done
}

/// Lets time pass until a command has unfolded, and says how far it is when that takes long.
pub(super) fn settle(lab: &mut dyn OpenLab, line: &str) {
    /// Parts of the time between which the bar moves.
    const PARTS: u64 = 100;
    let (from, to) = (lab.now(), lab.settled_at());
    if std::io::stderr().is_terminal() && to > from {
        let bar = bar(Some(PARTS), "{spinner} {wide_msg} {percent} %, {elapsed}");
        bar.set_message(format!("`{line}`: time passes"));
        bar.enable_steady_tick(std::time::Duration::from_millis(250));
        for part in 1..PARTS {
            lab.advance_to(from + (to - from) / PARTS * part);
            bar.set_position(part);
        }
        lab.advance_to(to);
        bar.finish_and_clear();
    }
    lab.settle();
}

/// A bar on standard error; hidden where that is no terminal.
fn progress_bar(size: Option<u64>) -> ProgressBar {
    match size.filter(|s| *s > 0) {
        Some(size) => bar(Some(size), "reading {wide_bar} {bytes} of {total_bytes}, {msg}"),
        None => bar(None, "reading {spinner} {bytes}, {msg}"),
    }
}

/// A bar on standard error of so many things, or of an unknown number; hidden where that is no terminal.
pub(super) fn bar(size: Option<u64>, template: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(10)
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.set_draw_target(target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
