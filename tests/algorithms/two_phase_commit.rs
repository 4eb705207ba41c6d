//! Two-phase commit as processes: for the tests of the explorer, and for its bench.

use std::collections::BTreeSet;

use scalelab::algorithms::explore::{Delivery, Interleavings, Model};
use scalelab::sim::{Duration, HostId, Out, Process};

/// Two-phase commit (Gray and Lamport, "Consensus on transaction commit", 2006): host 0 is the transaction manager,
/// the others are resource managers that prepare, or abort, when they like.
#[derive(Clone)]
pub struct TwoPhaseCommit {
    /// How many take part beside the manager.
    pub resource_managers: u16,
}

/// What a host of the protocol knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    Manager { prepared: BTreeSet<HostId>, decided: Option<bool> },
    Working,
    Prepared,
    Committed,
    Aborted,
}

/// What hosts tell each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vote {
    Prepared,
    Commit,
    Abort,
}

/// What a host may do on its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    Prepare,
    Abort,
    Commit,
}

impl TwoPhaseCommit {
    fn resource_managers(&self) -> impl Iterator<Item = HostId> + use<> {
        (1..=self.resource_managers).map(HostId)
    }
}

impl Process for TwoPhaseCommit {
    type State = Member;
    type Message = Vote;
    type Timer = Wish;
    type Event = bool;

    fn start(&self, me: HostId, out: &mut Out<Self>) -> Member {
        let soon = (Duration::from_millis(1), Duration::from_millis(100));
        if me == HostId(0) {
            out.set_timer(Wish::Abort, Duration::from_secs(1));
            return Member::Manager { prepared: BTreeSet::new(), decided: None };
        }
        out.set_timer_between(Wish::Prepare, soon.0, soon.1);
        out.set_timer(Wish::Abort, Duration::from_secs(2));
        Member::Working
    }

    fn on_message(&self, me: HostId, state: &mut Member, from: HostId, vote: Vote, out: &mut Out<Self>) {
        let outcome = match vote {
            Vote::Prepared => {
                if let Member::Manager { prepared, decided: None } = state {
                    prepared.insert(from);
                    if prepared.len() == usize::from(self.resource_managers) {
                        out.set_timer(Wish::Commit, Duration::ZERO);
                    }
                }
                return;
            }
            Vote::Commit => Member::Committed,
            Vote::Abort => Member::Aborted,
        };
        assert_ne!(me, HostId(0), "only the manager decides");
        out.cancel_timer(Wish::Prepare);
        out.cancel_timer(Wish::Abort);
        *state = outcome;
    }

    fn on_timer(&self, _: HostId, state: &mut Member, wish: Wish, out: &mut Out<Self>) {
        match (state, wish) {
            (Member::Manager { decided, .. }, wish) => {
                let commit = wish == Wish::Commit;
                *decided = Some(commit);
                out.cancel_timer(Wish::Abort);
                out.cancel_timer(Wish::Commit);
                out.send_all(self.resource_managers(), if commit { &Vote::Commit } else { &Vote::Abort });
                out.emit(commit);
            }
            (state, Wish::Prepare) => {
                *state = Member::Prepared;
                out.cancel_timer(Wish::Abort);
                out.send(HostId(0), Vote::Prepared);
            }
            (state, _) => {
                *state = Member::Aborted;
                out.cancel_timer(Wish::Prepare);
            }
        }
    }
}

/// The protocol in every order.
pub type Commit = Interleavings<TwoPhaseCommit>;

fn consistent(_: &Commit, cluster: &<Commit as Model>::State) -> bool {
    let any = |member: Member| cluster.hosts.contains(&member);
    !(any(Member::Committed) && any(Member::Aborted))
}

/// The protocol as it is explored, with what should hold.
pub fn two_phase_commit(resource_managers: u16) -> Commit {
    Interleavings::of(TwoPhaseCommit { resource_managers }, resource_managers + 1)
        .over(Delivery::Repeated)
        .always("consistent", consistent)
        .sometimes("all commit", |_, c| c.hosts[1..].iter().all(|m| *m == Member::Committed))
        .sometimes("all abort", |_, c| c.hosts[1..].iter().all(|m| *m == Member::Aborted))
        .eventually("decided", |_, c| c.hosts[1..].iter().all(|m| matches!(m, Member::Committed | Member::Aborted)))
}
