//! Processes: in time, step by step, and in every order; state counts agree with stateright's.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use scalelab::algorithms::explore::{Budget, Delivery, Interleavings, Model, Property, Search, Step, Verdict};
use scalelab::sim::{
    Condition, Distances, Duration, EventQueue, Fate, Fault, HostId, Network, Out, Process, Simulation, Time,
};

use crate::two_phase_commit::{Member, TwoPhaseCommit, two_phase_commit};

#[test]
fn two_phase_commit_has_the_states_of_stateright() {
    // stateright's examples/2pc.rs: 288 states with three resource managers, 8,832 with five; the others by its program.
    for (resource_managers, states) in [(1, 12), (2, 56), (3, 288), (4, 1_568), (5, 8_832)] {
        let model = two_phase_commit(resource_managers);
        let search = Search::run(&model, 100_000);
        assert!(search.finished());
        assert_eq!(search.len(), states, "{resource_managers} resource managers");
        assert_eq!(search.verdict(&model, 0), Verdict::Proven);
        assert!(
            matches!(search.verdict(&model, 1), Verdict::Shown(way) if way.len() == 3 * usize::from(resource_managers) + 1)
        );
        assert!(matches!(search.verdict(&model, 2), Verdict::Shown(_)));
        assert_eq!(search.verdict(&model, 3), Verdict::Proven);
    }
}

#[test]
fn two_phase_commit_blocks_when_its_manager_fails() {
    let model = Interleavings::of(TwoPhaseCommit { resource_managers: 2 }, 3)
        .within(Budget { crashes: 1, ..Budget::default() })
        .eventually("decided", |_, c| {
            c.hosts[1..]
                .iter()
                .zip(1..)
                .all(|(m, i)| !matches!(m, Member::Working | Member::Prepared) || c.down.contains(&HostId(i)))
        });
    let search = Search::run(&model, 100_000);
    let Verdict::Broken { way, circle } = search.verdict(&model, 0) else { panic!("it always decides") };
    assert!(way.contains(&Step::Fail(HostId(0))) && circle.is_empty(), "{way:?}");
    // The way can be played: it ends where nothing can happen, with somebody prepared for ever.
    let mut cluster = model.initial().remove(0);
    for step in &way {
        cluster = model.next(&cluster, step).expect("each step of the way can be taken");
    }
    assert!(cluster.hosts[1..].contains(&Member::Prepared));
    let mut actions = Vec::new();
    model.actions(&cluster, &mut actions);
    assert!(actions.iter().all(|action| model.next(&cluster, action).is_none()), "{actions:?}");
}

/// Election on a ring (Chang and Roberts, 1979): the greatest number that comes back to its host is the leader's.
#[derive(Clone)]
struct RingElection(u16);

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Candidacy {
    /// Candidates that it heard of: stateright passes over what changes nothing.
    heard: u16,
    leads: bool,
}

impl Process for RingElection {
    type State = Candidacy;
    type Message = HostId;
    type Timer = ();
    type Event = HostId;

    fn start(&self, me: HostId, out: &mut Out<Self>) -> Candidacy {
        out.send(HostId((me.0 + 1) % self.0), me);
        Candidacy::default()
    }

    fn on_message(&self, me: HostId, state: &mut Candidacy, _: HostId, candidate: HostId, out: &mut Out<Self>) {
        let next = HostId((me.0 + 1) % self.0);
        state.heard += 1;
        if candidate == me {
            state.leads = true;
            out.emit(me);
        } else if candidate > me {
            out.send(next, candidate);
        }
    }

    fn on_timer(&self, _: HostId, _: &mut Candidacy, (): (), _: &mut Out<Self>) {}
}

/// The same election as actors of stateright.
mod peer {
    use std::borrow::Cow;

    use stateright::actor::{Actor, ActorModel, Id, Network, Out};
    use stateright::{Checker, Expectation, Model};

    struct Candidate {
        hosts: usize,
    }

    impl Actor for Candidate {
        type Msg = usize;
        type State = (u16, bool);
        type Timer = ();
        type Random = ();
        type Storage = ();

        fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> (u16, bool) {
            let me = usize::from(id);
            out.send(Id::from((me + 1) % self.hosts), me);
            (0, false)
        }

        fn on_msg(&self, id: Id, state: &mut Cow<'_, (u16, bool)>, _: Id, candidate: usize, out: &mut Out<Self>) {
            let me = usize::from(id);
            state.to_mut().0 += 1;
            if candidate == me {
                state.to_mut().1 = true;
            } else if candidate > me {
                out.send(Id::from((me + 1) % self.hosts), candidate);
            }
        }
    }

    fn network(in_order: bool) -> Network<usize> {
        if in_order { Network::new_ordered([]) } else { Network::new_unordered_nonduplicating([]) }
    }

    /// Distinct states of the election, as stateright counts them.
    pub fn states(hosts: usize, in_order: bool) -> usize {
        ActorModel::new((), ())
            .actors((0..hosts).map(|_| Candidate { hosts }))
            .init_network(network(in_order))
            .property(Expectation::Always, "at most one leader", |_, state| {
                state.actor_states.iter().filter(|host| host.1).count() <= 1
            })
            .checker()
            .spawn_bfs()
            .join()
            .unique_state_count()
    }
}

#[test]
fn election_has_the_states_of_stateright() {
    for hosts in 2..=6 {
        for (delivery, in_order) in [(Delivery::AnyOrder, false), (Delivery::InOrder, true)] {
            let model = Interleavings::of(RingElection(hosts), hosts)
                .over(delivery)
                .always("at most one leader", |_, c| c.hosts.iter().filter(|host| host.leads).count() <= 1)
                .eventually("the greatest leads", |model, c| c.hosts[usize::from(model.process().0) - 1].leads);
            let search = Search::run(&model, 1_000_000);
            assert_eq!(search.len(), peer::states(usize::from(hosts), in_order), "{hosts} hosts, {delivery:?}");
            assert_eq!(search.verdict(&model, 0), Verdict::Proven);
            assert_eq!(search.verdict(&model, 1), Verdict::Proven);
        }
    }
}

#[test]
fn election_that_loses_a_message_never_ends() {
    let model = Interleavings::of(RingElection(3), 3)
        .within(Budget { losses: 1, ..Budget::default() })
        .eventually("somebody leads", |_, c| c.hosts.iter().any(|host| host.leads));
    let search = Search::run(&model, 10_000);
    let Verdict::Broken { way, .. } = search.verdict(&model, 0) else { panic!("it is elected all the same") };
    assert!(way.iter().any(|step| matches!(step, Step::Lose(lost) if lost.message == HostId(2))), "{way:?}");
}

/// Two lamps, each switched by whoever likes: a circle without ends.
struct Lamps;
impl Model for Lamps {
    type State = (bool, bool);
    type Action = char;
    fn initial(&self) -> Vec<(bool, bool)> {
        vec![(false, false)]
    }
    fn actions(&self, _: &(bool, bool), actions: &mut Vec<char>) {
        actions.extend(['a', 'b']);
    }
    fn next(&self, (a, b): &(bool, bool), action: &char) -> Option<(bool, bool)> {
        Some(if *action == 'a' { (!a, *b) } else { (*a, !b) })
    }
    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::eventually("the second is lit", |_, (_, b)| *b),
            Property::eventually("one of them is lit", |_, (a, b)| *a || *b),
            Property::sometimes("both are lit", |_, (a, b)| *a && *b),
            Property::always("not both", |_, (a, b)| !(*a && *b)),
            Property::sometimes("three are lit", |_, _| false),
        ]
    }
}

#[test]
fn search_tells_circles_from_ends() {
    let search = Search::run(&Lamps, 100);
    let verdict = |property| search.verdict(&Lamps, property);
    let Verdict::Broken { way, circle } = verdict(0) else { panic!() };
    assert_eq!((way.len(), circle), (0, vec!['a', 'a']));
    assert_eq!(verdict(1), Verdict::Proven);
    assert_eq!(verdict(2), Verdict::Shown(vec!['a', 'b']));
    assert!(matches!(verdict(3), Verdict::Broken { way, .. } if way.len() == 2));
    assert_eq!(verdict(4), Verdict::Impossible);
    let cut = Search::run(&Lamps, 2);
    assert_eq!((cut.verdict(&Lamps, 0), cut.verdict(&Lamps, 3)), (Verdict::Open, Verdict::Open));
}

#[test]
fn search_in_slices_is_the_search_at_once() {
    let model = two_phase_commit(4);
    let whole = Search::run(&model, 100_000);
    let mut slices = Search::new(&model);
    for bound in (50..).step_by(50) {
        slices.go_on(&model, bound);
        if slices.finished() {
            break;
        }
    }
    assert_eq!((slices.len(), slices.transitions()), (whole.len(), whole.transitions()));
    assert!((0..whole.len()).all(|n| slices.state(n) == whole.state(n) && slices.targets(n) == whole.targets(n)));
}

fn cluster_of(hosts: u16) -> Network {
    let mut network = Network::new(Distances::default());
    for i in 0..hosts {
        network.add(&format!("host-{i}"), &format!("zone-{}", i % 2), "eu");
    }
    network
}

#[test]
fn simulation_agrees_with_the_explorer() {
    // Whatever a run in time reaches is a state of the graph: time only chooses among the orders.
    let model = two_phase_commit(3);
    let model = Interleavings::of(model.process().clone(), 4);
    let search = Search::run(&model, 100_000);
    let known: BTreeSet<Vec<Member>> =
        (0..search.len()).filter_map(|n| search.state(n)).map(|cluster| cluster.hosts.clone()).collect();
    for seed in 0..50 {
        let mut run = Simulation::new(TwoPhaseCommit { resource_managers: 3 }, cluster_of(4), seed);
        while run.step() {
            assert!(known.contains(run.states()), "seed {seed}: {:?}", run.states());
        }
        assert!(run.states()[1..].iter().all(|m| *m == Member::Committed));
        assert_eq!(run.take_events().len(), 1);
    }
}

#[test]
fn held_messages_arrive_in_the_order_that_is_chosen() {
    let mut run = Simulation::new(RingElection(3), cluster_of(3), 7);
    run.hold_all();
    assert!(!run.step(), "nothing travels");
    let by_sender: BTreeMap<HostId, _> = run.under_way().map(|p| (p.from, p.id)).collect();
    assert!(run.deliver(by_sender[&HostId(1)]), "1 tells 2");
    assert!(!run.deliver(by_sender[&HostId(1)]), "once");
    assert!(run.drop_message(by_sender[&HostId(0)]));
    let twin = run.duplicate(by_sender[&HostId(2)]).expect("it is held");
    assert!(run.deliver(twin) && run.deliver(by_sender[&HostId(2)]), "2 tells 0, twice");
    run.release_all();
    while run.step() {}
    // Both copies of 2's candidacy went all the way round.
    assert_eq!(run.take_events().iter().map(|(_, _, leader)| *leader).collect::<Vec<_>>(), [HostId(2), HostId(2)]);
}

#[test]
fn simulation_loses_what_a_cut_or_a_failed_host_takes() {
    let [a, b] = [HostId(0), HostId(1)];
    let lost = |faults: &[Fault]| {
        let mut run = Simulation::new(RingElection(2), cluster_of(2), 7);
        faults.iter().for_each(|fault| run.apply(fault).expect("the fault can happen"));
        while run.step() {}
        run.passages().filter(|p| matches!(p.fate, Fate::Lost(..))).map(|p| p.from).collect::<Vec<_>>()
    };
    assert_eq!(lost(&[]), []);
    assert_eq!(lost(&[Fault::CutOneWay(a, b)]), [a, a], "what was under way, and what a sends on");
    assert_eq!(lost(&[Fault::Partition(vec![vec![a], vec![b]])]).len(), 2);
    assert_eq!(lost(&[Fault::Fail(b)]), [a, a]);
    assert_eq!(lost(&[Fault::Pause(b), Fault::Resume(b)]), []);
    assert_eq!(lost(&[Fault::Lossy(1.0)]), [a], "what a sends on; what was under way is not lost any more");
}

#[test]
fn paused_host_takes_what_waited_when_it_goes_on() {
    let mut run = Simulation::new(RingElection(2), cluster_of(2), 7);
    run.apply(&Fault::Pause(HostId(0))).expect("it runs");
    while run.step() {}
    assert!(run.states().iter().all(|host| !host.leads) && run.under_way().count() == 1);
    run.apply(&Fault::Resume(HostId(0))).expect("it is paused");
    while run.step() {}
    assert!(run.states()[1].leads && !run.states()[0].leads);
}

fn faults() -> impl Strategy<Value = Fault> {
    let host = || (0_u16..4).prop_map(HostId);
    prop_oneof![
        host().prop_map(Fault::Fail),
        host().prop_map(Fault::Recover),
        host().prop_map(Fault::Pause),
        host().prop_map(Fault::Resume),
        (host(), 1.0..20.0).prop_map(|(host, factor)| Fault::Slow(host, factor)),
        (host(), host()).prop_map(|(a, b)| Fault::CutOneWay(a, b)),
        host().prop_map(|host| Fault::Partition(vec![vec![host]])),
        Just(Fault::Heal),
        (0.0..1.0).prop_map(Fault::Lossy),
        (0.0..0.5).prop_map(Fault::Duplicating),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simulation_keeps_account_of_every_message(seed: u64, faults in prop::collection::vec((faults(), 0_u64..50_000), 0..12)) {
        let run = |faults: &[(Fault, u64)]| {
            let mut run = Simulation::new(TwoPhaseCommit { resource_managers: 3 }, cluster_of(4), seed);
            for (fault, micros) in faults {
                let _ = run.apply(fault);
                let until = run.now() + Duration::from_micros(*micros);
                run.run_until(until);
                prop_assert_eq!(run.now(), until);
                let down = |host: HostId| run.network().host(host).is_none_or(|h| h.condition == Condition::Down);
                prop_assert!(run.timers().all(|(host, ..)| !down(host)), "a host that is down has no timer");
            }
            while run.step() {}
            // A paused host keeps what waits for it; everything else arrived or was lost, once.
            for passage in run.under_way() {
                prop_assert_eq!(run.network().host(passage.to).map(|h| h.condition), Some(Condition::Paused));
            }
            let mut ids: Vec<_> = run.passages().map(|p| p.id).chain(run.under_way().map(|p| p.id)).collect();
            ids.sort_unstable();
            let all = ids.len();
            ids.dedup();
            prop_assert_eq!(all, ids.len());
            prop_assert_eq!(ids.last().map_or(0, |last| last.0 + 1), all as u64);
            Ok((run.states().to_vec(), run.passages().cloned().collect::<Vec<_>>()))
        };
        prop_assert_eq!(run(&faults)?, run(&faults)?, "the same seed and faults give the same run");
    }

    #[test]
    fn queue_is_a_stable_sort(operations in prop::collection::vec((0_u8..5, 0_u64..20), 0..200)) {
        let (mut queue, mut plain): (EventQueue<u32>, Vec<(Time, u32)>) = (EventQueue::default(), Vec::new());
        let mut ids = Vec::new();
        let first = |plain: &[(Time, u32)]| plain.iter().enumerate().min_by_key(|(_, (at, number))| (*at, *number)).map(|(i, _)| i);
        for (number, (kind, value)) in (0_u32..).zip(operations) {
            let at = Time::from_micros(value);
            match kind {
                0 | 1 => {
                    ids.push((queue.push(at, number), number));
                    plain.push((at, number));
                }
                2 if !ids.is_empty() => {
                    let (id, number) = ids[value as usize % ids.len()];
                    let place = plain.iter().position(|(_, n)| *n == number);
                    prop_assert_eq!(queue.cancel(id), place.map(|i| plain.remove(i).1));
                }
                3 => {
                    let place = first(&plain);
                    prop_assert_eq!(queue.replace_first(at, number), place.map(|i| plain.remove(i)));
                    plain.push((at, number));
                }
                _ => {
                    let due = first(&plain).filter(|i| plain[*i].0 <= at);
                    prop_assert_eq!(queue.pop_due(at), due.map(|i| plain.remove(i)));
                }
            }
            prop_assert_eq!(queue.len(), plain.len());
            prop_assert_eq!(queue.next_at(), plain.iter().map(|(at, _)| *at).min());
            prop_assert_eq!(queue.iter().count(), plain.len());
        }
    }
}
