//! Command lines for any lab, made from its own definition and completions, and small input for it.

use scalelab::labs::OpenLab;

/// Values for arguments that complete to nothing: sizes, shares, names, and nonsense.
const VALUES: [&str; 20] = [
    "0",
    "1",
    "2",
    "3",
    "5",
    "20",
    "150",
    "300",
    "0.5",
    "1.25",
    "2.5",
    "-1",
    "NaN",
    "inf",
    "99999999999",
    "x",
    "node-a",
    "'two words'",
    "\u{7bc0}",
    "-",
];

/// Lines that are no commands, or only just.
const GARBAGE: [&str; 12] = [
    "",
    "   ",
    "# a remark",
    "help",
    "nonsense",
    "add 'unclosed",
    "\\",
    "--help",
    "\u{1b}[31mred",
    "step step step",
    "a\u{0}b",
    "\u{202e}\u{7bc0}",
];

/// Picks from numbers that a test generated: the same numbers make the same picks.
pub struct Picks(u64);

impl Picks {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end` (`SplitMix64`).
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    pub fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A line for the lab in its present state: mostly a command that makes sense, now and then garbage.
pub fn line(lab: &dyn OpenLab, picks: &mut Picks) -> String {
    if picks.below(12) == 0 {
        return (*picks.of(&GARBAGE)).to_owned();
    }
    let commands: Vec<&clap::Command> = lab.definition().get_subcommands().collect();
    let command = picks.of(&commands);
    let mut line = command.get_name().to_owned();
    for argument in command.get_positionals() {
        if !argument.is_required_set() && picks.below(2) == 0 {
            break;
        }
        line = format!("{line} {}", value(lab, &line, picks));
    }
    let options: Vec<&str> = command.get_opts().filter_map(clap::Arg::get_long).collect();
    if !options.is_empty() && picks.below(4) == 0 {
        line = format!("{line} --{}", picks.of(&options));
        line = format!("{line} {}", value(lab, &line, picks));
    }
    line
}

fn value(lab: &dyn OpenLab, line: &str, picks: &mut Picks) -> String {
    let completions = lab.complete(&format!("{line} "));
    if completions.is_empty() || picks.below(10) == 0 {
        return (*picks.of(&VALUES)).to_owned();
    }
    picks.of(&completions).clone()
}
