//! Whatever breaks in whatever order: what the lab says is what its simulation does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::command::{Architecture, DetectorName, FailureCommand, ModeName, Power, Standby, Switch};
use super::forecast::{Fare, Service};
use super::group::{Group, Refusal};
use super::model::{Due, FailureModel};
use super::plan::Kind;
use crate::engine::{Clocked, Event, Micros, Setup};

const ARCHITECTURES: [Architecture; 3] = [Architecture::Tiers, Architecture::ThreeZones, Architecture::TwoRegions];

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

/// Whether one of these members' logs holds an entry.
fn holds(group: &Group, epoch: u64, entry: u64, members: &[usize]) -> bool {
    members.iter().any(|m| group.log_of(*m).epoch_of(entry) == Some(epoch))
}

/// What an onlooker knows who sees each request and reads each sentence.
struct Onlooker {
    model: FailureModel,
    now: Micros,
    /// By tier: the epoch and number of each entry that a user was told of.
    acknowledged: BTreeMap<usize, BTreeSet<(u64, u64)>>,
    /// By tier: machine and epoch of each primary that was announced.
    announced: BTreeMap<usize, Vec<(String, u64)>>,
    told: Vec<String>,
    events: u32,
}

impl Onlooker {
    fn of(architecture: Architecture) -> Self {
        let mut model = FailureModel::open(&Setup::seeded(7)).unwrap();
        model.apply(0, &FailureCommand::Build { architecture }, &mut Vec::new()).unwrap();
        let tiers = (0..model.plan.tiers.len()).filter_map(|t| Some((t, model.groups[t].as_ref()?)));
        let first = |group: &Group| model.plan.machines[group.members[0]].name.clone();
        let announced = tiers.map(|(t, group)| (t, vec![(first(group), 1)])).collect();
        Self { model, now: 0, acknowledged: BTreeMap::new(), announced, told: Vec::new(), events: 0 }
    }

    fn command(&mut self, command: &FailureCommand) {
        let (mut tried, mut log) = (self.model.clone(), Vec::new());
        if tried.apply(self.now, command, &mut log).is_ok() {
            let before = self.model.groups.clone();
            self.model = tried;
            self.told.push(format!("{:>9} {command:?}", self.now));
            self.read(&before, log);
            self.check(true);
        }
    }

    fn run(&mut self, us: Micros) {
        let end = self.now + us;
        while let Some(at) = self.model.next_tick().filter(|at| *at <= end) {
            (self.now, self.model.clock) = (at, at);
            while let Some((_, due)) = self.model.queue.pop_due(at) {
                let (before, served) = (self.model.groups.clone(), self.model.counts.writes);
                let mut log = Vec::new();
                self.model.fire(at, due, &mut log);
                self.model.watch_split(at, &mut log);
                if self.model.counts.writes > served {
                    self.acknowledge();
                }
                self.read(&before, log);
                self.events += 1;
                self.check(!matches!(due, Due::Request | Due::Heard(_) | Due::Ship) || self.events.is_multiple_of(64));
            }
        }
        self.now = end;
    }

    /// A user was told that a write is done: it is the last entry of the machine that took it.
    fn acknowledge(&mut self) {
        let trace = self.model.traces.back().unwrap().clone();
        for machine in &trace.path {
            let tier = self.model.plan.machines[*machine].tier;
            if self.model.plan.tiers[tier].kind != Kind::Database {
                continue;
            }
            let group = self.model.groups[tier].as_ref().unwrap();
            let log = group.log_of(group.member(*machine).unwrap());
            let (entry, epoch) = (log.len() - 1, log.last_epoch());
            assert!(self.acknowledged.entry(tier).or_default().insert((epoch, entry)), "{}", self.story());
            // Who takes writes was announced as primary, and with that epoch.
            let name = &self.model.plan.machines[*machine].name;
            let announced = &self.announced[&tier];
            assert!(announced.contains(&(name.clone(), epoch)), "{name} in {epoch}: {announced:?}\n{}", self.story());
            if announced.last() != Some(&(name.clone(), epoch)) {
                assert!(self.told.iter().any(|t| t.contains("Split brain")), "{name} serves on: {}", self.story());
            }
        }
    }

    /// Sentences that announce a primary, and what they say of lost writes.
    fn read(&mut self, before: &[Option<Group>], log: Vec<Event>) {
        for event in log {
            self.told.push(format!("{:>9}   {}", event.at_us, event.text));
            let Some((name, rest)) = event.text.split_once(" is primary, in epoch ") else { continue };
            let (epoch, rest) = rest.split_once('.').unwrap();
            let machine = self.model.plan.machines.iter().position(|m| m.name == name).unwrap();
            let tier = self.model.plan.machines[machine].tier;
            self.announced.get_mut(&tier).unwrap().push((name.to_owned(), epoch.parse().unwrap()));
            let said: u64 = match rest.trim_start().split_once(" acknowledged write") {
                Some((count, rest)) if rest.contains("did not reach it") => count.replace(',', "").parse().unwrap(),
                _ => 0,
            };
            let group = before[tier].as_ref().unwrap();
            let new = group.member(machine).unwrap();
            let missing = |(epoch, entry): &&(u64, u64)| {
                holds(group, *epoch, *entry, &group.claimers()) && !holds(group, *epoch, *entry, &[new])
            };
            let missing = self.acknowledged.get(&tier).map_or(0, |all| all.iter().filter(missing).count());
            assert_eq!(said, missing as u64, "{}\n{}", event.text, self.story());
        }
    }

    fn check(&self, thoroughly: bool) {
        if !thoroughly {
            return;
        }
        let model = &self.model;
        let lost = |(tier, all): (&usize, &BTreeSet<(u64, u64)>)| {
            let group = model.groups[*tier].as_ref().unwrap();
            all.iter().filter(|(epoch, entry)| !holds(group, *epoch, *entry, &group.claimers())).count() as u64
        };
        let lost: u64 = self.acknowledged.iter().map(lost).sum();
        assert_eq!(model.lost_writes(), lost, "{}", self.story());
        assert!(model.insight.get().is_none_or(|known| **known == model.look()), "{}", self.story());
        for (tier, group) in model.groups.iter().enumerate().filter_map(|(t, g)| Some((t, g.as_ref()?))) {
            // Who would take a write now?
            let takes = |m: &usize| {
                group.claims[*m]
                    && model.world.runs(&model.plan, group.members[*m], self.now)
                    && !matches!(model.clone().write(self.now, tier, *m), Err(Refusal::Fenced))
            };
            let taking: Vec<usize> = (0..group.members.len()).filter(takes).collect();
            let newest = taking.iter().copied().max_by_key(|m| group.log_of(*m).epoch());
            if let Some(newest) = newest {
                assert_eq!(model.serving_primary(group), Some(newest), "tier {tier}\n{}", self.story());
            }
            assert_eq!(model.is_split(group), taking.len() > 1, "tier {tier}\n{}", self.story());
            assert!(taking.len() < 2 || model.split_seen && model.split_told, "{}", self.story());
        }
    }

    fn story(&self) -> String {
        self.told.join("\n")
    }
}

/// Something breaks, is repaired, or is run otherwise; numbers choose among the names that there are.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Kill(usize),
    Repair(usize),
    Isolate(usize),
    Cut(usize, usize, bool),
    Heal,
    Pause(usize, u64),
    Slow(usize, f64),
    Lossy(usize, f64),
    Fencing(bool),
    Mode(usize),
    Standby(bool),
    Detector(usize),
}

fn deed(gray: bool) -> impl Strategy<Value = Deed> {
    let which = || 0_usize..40;
    let hard = prop_oneof![
        6 => which().prop_map(Deed::Kill),
        6 => which().prop_map(Deed::Repair),
        4 => which().prop_map(Deed::Isolate),
        3 => (which(), which(), any::<bool>()).prop_map(|(a, b, one_way)| Deed::Cut(a, b, one_way)),
        4 => Just(Deed::Heal),
        3 => any::<bool>().prop_map(Deed::Fencing),
    ];
    let soft = prop_oneof![
        4 => (which(), 1_u64..14).prop_map(|(m, s)| Deed::Pause(m, s)),
        2 => (which(), 1.0..200.0_f64).prop_map(|(m, factor)| Deed::Slow(m, factor)),
        2 => (which(), 0.0..1.0_f64).prop_map(|(m, share)| Deed::Lossy(m, share)),
        3 => (0_usize..4).prop_map(Deed::Mode),
        1 => any::<bool>().prop_map(Deed::Standby),
        1 => (0_usize..4).prop_map(Deed::Detector),
    ];
    if gray { prop_oneof![3 => hard, 2 => soft].boxed() } else { hard.boxed() }
}

fn command(model: &FailureModel, deed: Deed) -> FailureCommand {
    let plan = &model.plan;
    let part = |n: usize| plan.part_name(n % plan.parts()).to_owned();
    let machine = |n: usize| plan.machines[n % plan.machines.len()].name.clone();
    match deed {
        Deed::Kill(n) => FailureCommand::Kill { target: part(n) },
        Deed::Repair(n) if n >= 30 => FailureCommand::Repair { target: "all".to_owned() },
        Deed::Repair(n) => FailureCommand::Repair { target: part(n) },
        Deed::Isolate(n) => FailureCommand::Isolate { target: part(n) },
        Deed::Cut(a, b, one_way) => FailureCommand::Cut { a: machine(a), b: machine(b), one_way },
        Deed::Heal => FailureCommand::Heal,
        Deed::Pause(n, s) => FailureCommand::Pause { machine: machine(n), time: s * 1_000_000 },
        Deed::Slow(n, factor) => FailureCommand::Slow { machine: machine(n), factor },
        Deed::Lossy(n, share) => FailureCommand::Lossy { machine: machine(n), share },
        Deed::Fencing(on) => FailureCommand::Fencing { switch: if on { Switch::On } else { Switch::Off } },
        Deed::Mode(n) => {
            let mode = [ModeName::Sync, ModeName::Async, ModeName::Semi, ModeName::Quorum][n];
            FailureCommand::Mode { mode, write: None, read: None }
        }
        Deed::Standby(hot) => FailureCommand::Standby { standby: if hot { Standby::Hot } else { Standby::Cold } },
        Deed::Detector(n) => {
            let detector = [DetectorName::Fixed, DetectorName::Phi, DetectorName::Cassandra, DetectorName::Swim][n];
            FailureCommand::Detector { detector, value: None }
        }
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn primary_epoch_and_lost_writes_are_what_the_simulation_does(
        which in 0_usize..3,
        mode in 0_usize..4,
        deeds in prop::collection::vec((deed(true), 0_u64..9_000_000), 1..14),
    ) {
        let mut onlooker = Onlooker::of(ARCHITECTURES[which]);
        onlooker.command(&command(&onlooker.model, Deed::Mode(mode)));
        for (deed, then) in deeds {
            onlooker.command(&command(&onlooker.model, deed));
            onlooker.run(then);
        }
        onlooker.run(15_000_000);
    }
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn forecasts_and_single_points_come_true(
        which in 0_usize..3,
        deeds in prop::collection::vec((deed(false), 0_u64..12_000_000), 0..5),
    ) {
        let mut onlooker = Onlooker::of(ARCHITECTURES[which]);
        onlooker.run(3_000_000);
        for (deed, then) in deeds {
            onlooker.command(&command(&onlooker.model, deed));
            onlooker.run(then);
        }
        let model = onlooker.model;
        let future = model.foresee(onlooker.now).unwrap();
        prop_assert!(agrees(model.serving(), future), "{:?}\n{}", future, onlooker.told.join("\n"));
        for part in (0..model.plan.parts()).filter(|part| model.serving() && model.part_up(*part)) {
            let mut without = model.clone();
            let command = FailureCommand::Kill { target: model.plan.part_name(part).to_owned() };
            let mut log = Vec::new();
            if without.apply(onlooker.now, &command, &mut log).is_err() {
                continue; // it is down with its zone
            }
            // Later is not otherwise than foreseen: two minutes on, users fare as was said.
            let said = without.foresee(onlooker.now).unwrap();
            let end = onlooker.now + 120_000_000;
            while let Some(at) = without.next_tick().filter(|at| *at <= end) {
                without.tick(at, &mut log);
            }
            let later = without.traces.iter().filter(|t| t.why.is_none()).count();
            let served = (said.reads.0 + said.writes.0) as usize * without.traces.len() / (said.reads.1 + said.writes.1) as usize;
            prop_assert!(later.abs_diff(served) <= without.traces.len() / 4, "{:?}: {} of {}\n{}", said, later, without.traces.len(), onlooker.told.join("\n"));
            let spof = model.spofs().contains(&part);
            prop_assert!(agrees(!spof, said), "{:?} {:?}\n{}", command, said, onlooker.told.join("\n"));
        }
    }
}

/// Whether users fare as the structure says. Where some of them reach a machine that the others do not, both are right.
fn agrees(serving: bool, service: Service) -> bool {
    match service.fare() {
        Fare::All => serving,
        Fare::ReadsOnly | Fare::Nothing => !serving,
        Fare::Some => true,
    }
}

#[test]
fn a_zone_that_comes_back_brings_no_silent_primary() {
    let mut onlooker = Onlooker::of(Architecture::Tiers);
    onlooker.run(3_000_000);
    for (state, zone) in
        [(Power::Down, "zone-a"), (Power::Down, "zone-b"), (Power::Up, "zone-a"), (Power::Up, "zone-b")]
    {
        onlooker.command(&FailureCommand::Zone { state, zone: zone.to_owned() });
        onlooker.run(12_000_000);
    }
    assert!(onlooker.told.iter().any(|t| t.contains("db-1 is primary, in epoch 3")), "{}", onlooker.story());
}
