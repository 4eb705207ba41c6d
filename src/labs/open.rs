//! An open lab behind one object-safe trait: what `tui`, `lessons` and `headless` work with.

use std::collections::VecDeque;
use std::marker::PhantomData;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Lab, LabInfo, Scene};
use crate::engine::Moment;
use crate::engine::model::Model;
use crate::engine::recording::{FORMAT, RecordedCommand, RecordedInput, Recording, facts_hash};
use crate::engine::timeline::Bookmark;
use crate::engine::{CommandLine, Event, EventKind, Micros, ModelError, Setup, Timeline, TimelineError};
use crate::picture::{Frame, Hits, LoadBar, Paint, Sentence, SentenceKind, Theme, TimelineBar};

/// How a screen looks at a lab: nothing here changes the lab's state.
#[derive(Clone, Debug)]
pub struct View {
    /// Which of the lab's views, from zero.
    pub index: usize,
    /// Whether things may travel.
    pub motion: bool,
    /// Whether the clock runs.
    pub running: bool,
    /// How fast, against real time.
    pub speed: f64,
    /// How to draw.
    pub theme: Theme,
    /// How many of the latest sentences to skip, to read older ones.
    pub scroll: usize,
}

impl View {
    /// The first view, still, at normal speed.
    pub fn new(theme: Theme) -> Self {
        Self { index: 0, motion: true, running: false, speed: 1.0, theme, scroll: 0 }
    }
}

/// An open lab.
pub trait OpenLab {
    /// What the lab is.
    fn info(&self) -> &'static LabInfo;
    /// What it was opened with.
    fn setup(&self) -> &Setup;
    /// Opens the same lab again from the start, with another seed or the same.
    ///
    /// # Errors
    /// What the model refuses.
    fn reopen(&self, seed: u64) -> Result<Box<dyn OpenLab>, ModelError>;
    /// Gives it one command line; `Ok(Some(text))` is help to show.
    ///
    /// # Errors
    /// A line that is no command, or one that the lab refuses.
    fn command(&mut self, line: &str) -> Result<Option<String>, TimelineError>;
    /// One step on.
    fn step(&mut self);
    /// One step back.
    fn back(&mut self);
    /// Lets time pass up to `at_us`, or until it is stopped: see [`Timeline::advance_to`].
    fn advance_to(&mut self, at_us: Micros);
    /// As [`OpenLab::advance_to`], however much happens on the way; only an interrupt stops it.
    fn pass_until(&mut self, at_us: Micros) {
        let mut before = None;
        while self.now() < at_us && before != Some(self.now()) {
            before = Some(self.now());
            self.advance_to(at_us);
        }
    }
    /// Lets the last command unfold to its end.
    fn settle(&mut self) {
        self.pass_until(self.settled_at());
    }
    /// To before the first command.
    fn rewind(&mut self);
    /// Goes to a time of this branch.
    fn seek_time(&mut self, at_us: Micros);
    /// Simulated time now.
    fn now(&self) -> Micros;
    /// Until when the last command still unfolds.
    fn settled_at(&self) -> Micros;
    /// The latest time of this branch.
    fn end_us(&self) -> Micros;
    /// When each command of this branch was given, in order.
    fn command_times(&self) -> &[Micros];
    /// How many commands were applied, and how many the branch has.
    fn commands(&self) -> (usize, usize);
    /// (current branch, how many), from zero.
    fn branch(&self) -> (usize, usize);
    /// Goes to the end of another branch.
    fn select_branch(&mut self, index: usize);
    /// The present, to come back to.
    fn bookmark(&self) -> Bookmark;
    /// Goes back to a bookmark; `false` if no branch has it any more.
    fn go_to(&mut self, mark: &Bookmark) -> bool;
    /// The facts as a JSON object.
    fn facts(&self) -> serde_json::Value;
    /// What happened, oldest first, and how many events there were in all.
    fn story(&self) -> (&VecDeque<Event>, u64);
    /// Completions for the last word of a line.
    fn complete(&self, line: &str) -> Vec<String>;
    /// clap's definition of the commands.
    fn definition(&self) -> &clap::Command;
    /// The run so far as a run file.
    fn recording(&self) -> Recording;
    /// Names of the properties that do not hold now: none, unless there is a bug.
    fn broken(&self) -> Vec<&'static str>;
    /// A view's picture in words, where it has a spoken form.
    fn describe(&self, view: &View) -> Option<String>;
    /// Draws the whole frame: title, picture, figures, sentences, time line, keys.
    fn render(&self, view: &View, keys: &[(String, String)], area: Rect, buf: &mut Buffer);
    /// What a click on a cell means.
    fn click(&self, view: &View, keys: &[(String, String)], area: Rect, x: u16, y: u16) -> Click;
}

/// What a click on the frame means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// Nothing.
    Nothing,
    /// This command of the lab.
    Command(String),
    /// Go to this time.
    Seek(Micros),
    /// The key hint with this index.
    Key(usize),
}

/// Draws a scene's picture; where it is a value, gives what a click on it means.
fn draw<L: Lab>(scene: &Scene<'_, L::Model>, area: Rect, buf: &mut Buffer) -> Option<Hits> {
    let Some(picture) = L::picture(scene) else {
        L::draw(scene, area, buf);
        return None;
    };
    let mut hits = Hits::default();
    picture.draw(area, &mut Paint { buf, theme: scene.theme, hits: &mut hits });
    Some(hits)
}

struct Opened<L: Lab> {
    timeline: Timeline<L::Model>,
    lab: PhantomData<L>,
}

pub(super) fn open<L: Lab>(setup: Setup) -> Result<Box<dyn OpenLab>, ModelError> {
    Ok(Box::new(Opened::<L> { timeline: Timeline::open(L::INFO.name, setup)?, lab: PhantomData }))
}

pub(super) fn definition<L: Lab>() -> clap::Command {
    CommandLine::<<L::Model as Model>::Command>::new(L::INFO.name).definition().clone()
}

impl<L: Lab> Opened<L> {
    fn scene(&self, view: &View) -> Scene<'_, L::Model> {
        let index = view.index.min(L::INFO.views.len().saturating_sub(1));
        let now = self.timeline.moment().at_us;
        Scene { model: self.timeline.model(), now, view: index, motion: view.motion, theme: view.theme }
    }

    /// The latest sentences: a row holds one at most, so that more than these are not seen.
    fn sentences(&self, scroll: usize, rows: u16) -> Vec<Sentence> {
        let last = self.last_command_at();
        let story = self.timeline.story();
        if story.is_empty() {
            return vec![Sentence {
                text: L::first_words(self.timeline.model()),
                kind: SentenceKind::Detail,
                fresh: true,
            }];
        }
        let shown = story.len().saturating_sub(scroll);
        let seen = shown.saturating_sub(usize::from(rows));
        story.range(seen..shown).map(|event| sentence(event, last)).collect()
    }

    fn last_command_at(&self) -> Micros {
        let applied = self.timeline.moment().applied;
        applied.checked_sub(1).and_then(|i| self.timeline.command_times().get(i)).copied().unwrap_or(0)
    }

    fn bar(&self, view: &View) -> TimelineBar<'_> {
        let (branch, branches) = self.timeline.branch();
        TimelineBar {
            marks: self.timeline.command_times(),
            now_us: self.timeline.moment().at_us,
            end_us: self.timeline.end_us(),
            running: view.running,
            speed: view.speed,
            branches,
            branch,
        }
    }

    fn with_frame<T>(
        &self,
        view: &View,
        keys: &[(String, String)],
        rows: u16,
        use_frame: impl FnOnce(&Frame<'_>) -> T,
    ) -> T {
        let model = self.timeline.model();
        let (bars_title, bars) = L::bars(model);
        let bars: Vec<LoadBar> = bars;
        let (sentences, figures) = (self.sentences(view.scroll, rows), L::figures(model, self.timeline.facts()));
        let state = L::state(model);
        let index = view.index.min(L::INFO.views.len().saturating_sub(1));
        use_frame(&Frame {
            title: L::INFO.title,
            state: &state,
            seed: self.timeline.setup().seed,
            view: (index + 1, L::INFO.views.len()),
            view_name: L::INFO.views.get(index).map_or("", |v| v.name),
            figures: &figures,
            bars: &bars,
            bars_title: &bars_title,
            sentences: &sentences,
            timeline: self.bar(view),
            keys,
        })
    }
}

fn sentence(event: &Event, last_command: Micros) -> Sentence {
    let kind = match event.kind {
        EventKind::Change => SentenceKind::Change,
        EventKind::Detail => SentenceKind::Detail,
        EventKind::Warning => SentenceKind::Warning,
    };
    Sentence { text: event.text.clone(), kind, fresh: event.at_us >= last_command }
}

impl<L: Lab> OpenLab for Opened<L> {
    fn info(&self) -> &'static LabInfo {
        &L::INFO
    }

    fn setup(&self) -> &Setup {
        self.timeline.setup()
    }

    fn reopen(&self, seed: u64) -> Result<Box<dyn OpenLab>, ModelError> {
        open::<L>(Setup { seed, ..self.timeline.setup().clone() })
    }

    fn command(&mut self, line: &str) -> Result<Option<String>, TimelineError> {
        self.timeline.command(line)
    }

    fn step(&mut self) {
        let _ = self.timeline.step();
    }

    fn back(&mut self) {
        let _ = self.timeline.back();
    }

    fn advance_to(&mut self, at_us: Micros) {
        let _ = self.timeline.advance_to(at_us);
    }

    fn seek_time(&mut self, at_us: Micros) {
        let _ = self.timeline.seek_time(at_us);
    }

    fn rewind(&mut self) {
        let _ = self.timeline.seek(Moment { applied: 0, at_us: 0 });
    }

    fn now(&self) -> Micros {
        self.timeline.moment().at_us
    }

    fn settled_at(&self) -> Micros {
        self.timeline.settled_us()
    }

    fn end_us(&self) -> Micros {
        self.timeline.end_us()
    }

    fn command_times(&self) -> &[Micros] {
        self.timeline.command_times()
    }

    fn commands(&self) -> (usize, usize) {
        let Moment { applied, .. } = self.timeline.moment();
        (applied, self.timeline.entries().len())
    }

    fn branch(&self) -> (usize, usize) {
        self.timeline.branch()
    }

    fn select_branch(&mut self, index: usize) {
        let _ = self.timeline.select_branch(index);
    }

    fn bookmark(&self) -> Bookmark {
        self.timeline.bookmark()
    }

    fn go_to(&mut self, mark: &Bookmark) -> bool {
        self.timeline.go_to(mark)
    }

    fn facts(&self) -> serde_json::Value {
        self.timeline.facts_json().clone()
    }

    fn story(&self) -> (&VecDeque<Event>, u64) {
        (self.timeline.story(), self.timeline.told())
    }

    fn complete(&self, line: &str) -> Vec<String> {
        let model = self.timeline.model();
        self.timeline.parser().complete(line, &|name| model.candidates(name))
    }

    fn definition(&self) -> &clap::Command {
        self.timeline.parser().definition()
    }

    fn recording(&self) -> Recording {
        let setup = self.timeline.setup();
        let input = setup.inputs.iter().map(|(role, input)| RecordedInput {
            role: role.clone(),
            path: input.name.clone(),
            hash: input.hash.clone(),
        });
        let applied = self.timeline.moment().applied;
        let commands = self.timeline.entries().iter().take(applied);
        Recording {
            format: FORMAT,
            scalelab: env!("CARGO_PKG_VERSION").to_owned(),
            lab: L::INFO.name.to_owned(),
            seed: setup.seed,
            end_us: self.now(),
            facts_hash: facts_hash(self.timeline.facts_json()),
            input: input.collect(),
            command: commands.map(|e| RecordedCommand { at_us: e.at_us, run: e.text.as_ref().to_owned() }).collect(),
        }
    }

    fn broken(&self) -> Vec<&'static str> {
        let model = self.timeline.model();
        L::Model::properties().iter().filter(|p| !(p.holds)(model)).map(|p| p.name).collect()
    }

    fn describe(&self, view: &View) -> Option<String> {
        L::picture(&self.scene(view)).map(|picture| picture.describe())
    }

    fn render(&self, view: &View, keys: &[(String, String)], area: Rect, buf: &mut Buffer) {
        let scene = self.scene(view);
        self.with_frame(view, keys, area.height, |frame| {
            frame.render(area, buf, &view.theme, &mut |area, buf| _ = draw::<L>(&scene, area, buf));
        });
    }

    fn click(&self, view: &View, keys: &[(String, String)], area: Rect, x: u16, y: u16) -> Click {
        let layout = Frame::layout(area);
        let at = ratatui::layout::Position { x, y };
        if layout.picture.contains(at) {
            let scene = self.scene(view);
            let recorded = draw::<L>(&scene, layout.picture, &mut Buffer::empty(area));
            let meant = recorded.map(|hits| hits.at(x, y));
            let meant = meant.unwrap_or_else(|| L::click(&scene, layout.picture, x, y));
            return meant.map_or(Click::Nothing, Click::Command);
        }
        if layout.timeline.contains(at) {
            return self.bar(view).time_at(layout.timeline, x).map_or(Click::Nothing, Click::Seek);
        }
        let (key, bar) =
            self.with_frame(view, keys, area.height, |frame| (frame.key_at(area, x, y), frame.bar_at(area, x, y)));
        let command = bar.and_then(|bar| L::click_bar(self.timeline.model(), bar));
        key.map(Click::Key).or(command.map(Click::Command)).unwrap_or(Click::Nothing)
    }
}
