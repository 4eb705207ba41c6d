//! What follows from an operation: others get on, deadlocks are broken, patience ends.

use std::collections::BTreeSet;

use super::engine::{Engine, Notice, Status, Told, Tx};
use super::policy::Policy;
use super::types::{Op, Protocol, Reason, TxId};
use crate::algorithms::locks::{Candidate, Prevention, Victim, Waits};

impl Engine {
    pub(super) fn block(&mut self, tx: TxId, op: Op) {
        let (now, number) = (self.now, self.waits + 1);
        let Some(record) = self.txs.get_mut(&tx) else { return };
        record.pending = Some(op);
        self.suspects.insert(tx);
        if record.status != Status::Waiting {
            (record.status, record.since, record.wait_number) = (Status::Waiting, now, number);
            record.since_clock = self.clock;
            self.waits += 1;
            self.waiting.insert(tx);
        }
    }

    pub(super) fn unblock(&mut self, tx: TxId) {
        let Some(record) = self.txs.get_mut(&tx) else { return };
        (record.pending, record.blocked_by) = (None, None);
        if record.status == Status::Waiting {
            record.status = Status::Active;
            self.waiting.remove(&tx);
        }
    }

    fn those_waiting(&self) -> impl Iterator<Item = (TxId, &Tx)> + '_ {
        self.waiting.iter().filter_map(|tx| Some((*tx, self.txs.get(tx)?)))
    }

    /// Lets everything happen that can happen by itself.
    pub(super) fn settle(&mut self, notices: &mut Vec<Notice>) {
        while self.enforce(notices) || self.resume(notices) {}
    }

    /// Retries the operation of the one that has waited longest among those that may go on, or need not wait any more.
    fn resume(&mut self, notices: &mut Vec<Notice>) -> bool {
        let free = self.those_waiting().filter(|(tx, t)| {
            let ended = |b: TxId| self.txs.get(&b).is_none_or(|t| t.status.ended());
            let free = self.locks.waits_for(*tx).is_none() && t.blocked_by.is_none_or(ended);
            free || t.pending.is_some_and(|op| self.waits_in_vain(*tx, op))
        });
        let Some((tx, op)) = free.min_by_key(|(_, t)| t.wait_number).and_then(|(tx, t)| Some((tx, t.pending?))) else {
            return false;
        };
        self.locks.withdraw(tx);
        if let Some(record) = self.txs.get_mut(&tx) {
            record.blocked_by = None;
        }
        self.perform(tx, op, notices);
        true
    }

    /// Aborts one that must go now, if any.
    fn enforce(&mut self, notices: &mut Vec<Notice>) -> bool {
        if self.protocol == Protocol::Serializable && self.suspicious {
            if let Some((victim, pivot)) = self.dangerous() {
                self.abort(victim, Reason::Dangerous { pivot }, notices);
                return true;
            }
            self.suspicious = false;
        }
        if self.waiting.is_empty() {
            return false;
        }
        match self.policy {
            Policy::Detect(victim) => self.break_cycle(victim, notices),
            Policy::Prevent(rule) => self.prevent(rule, notices),
            Policy::Ignore | Policy::DetectAfter(_) | Policy::Timeout(_) => false,
        }
    }

    fn break_cycle(&mut self, rule: Victim, notices: &mut Vec<Notice>) -> bool {
        self.suspects.retain(|tx| self.waiting.contains(tx));
        while let Some(tx) = self.suspects.first().copied().filter(|tx| !self.waits_for_itself(*tx)) {
            self.suspects.remove(&tx);
        }
        if self.suspects.is_empty() {
            return false;
        }
        let Some(cycle) = self.graph().cycle() else { return false };
        let last = |tx: &&TxId| self.txs.get(*tx).map_or(0, |t| t.wait_number);
        let requester = cycle.iter().max_by_key(last).copied().unwrap_or(0);
        let candidates: Vec<Candidate> = cycle.iter().filter_map(|tx| self.candidate(*tx)).collect();
        let Some(victim) = rule.choose(&candidates, requester) else { return false };
        notices.push(Notice { tx: victim, told: Told::Deadlock(cycle) });
        self.abort(victim, Reason::Deadlock, notices);
        true
    }

    /// Whether it waits for somebody who waits, in the end, for it. O(those it reaches · their queues): the graph of
    /// all is not made.
    fn waits_for_itself(&self, tx: TxId) -> bool {
        let (mut seen, mut next) = (BTreeSet::new(), vec![tx]);
        while let Some(at) = next.pop() {
            for blocker in self.blockers(at) {
                if blocker == tx {
                    return true;
                }
                if self.waiting.contains(&blocker) && seen.insert(blocker) {
                    next.push(blocker);
                }
            }
        }
        false
    }

    fn candidate(&self, tx: TxId) -> Option<Candidate> {
        let record = self.txs.get(&tx)?;
        let mut rows: Vec<_> = record.writes.iter().map(|w| w.row).collect();
        rows.sort_unstable();
        rows.dedup();
        Some(Candidate { holder: tx, age: record.age, locks: self.locks.count(tx), writes: rows.len() })
    }

    /// Applies the rule to every wait: queues change, so a wait that was allowed may be so no more.
    fn prevent(&mut self, rule: Prevention, notices: &mut Vec<Notice>) -> bool {
        let age = |tx: TxId| self.txs.get(&tx).map_or(0, |t| t.age);
        let waits: Vec<(TxId, TxId)> = self.locks.graph().edges().collect();
        let decided = waits.into_iter().find_map(|(asks, holds)| match rule.decide(age(asks), age(holds)) {
            Waits::Waits => None,
            Waits::Dies => Some((asks, Reason::Died { holder: holds })),
            Waits::Wounds => Some((holds, Reason::Wounded { by: asks })),
        });
        let Some((tx, reason)) = decided else { return false };
        self.abort(tx, reason, notices);
        true
    }

    /// When the next patience ends, if nothing happens before.
    pub fn next_deadline(&self) -> Option<u64> {
        let patience = self.policy.patience()?;
        let due = self.those_waiting().map(|(_, t)| t.since + patience);
        due.filter(|due| *due > self.now).min()
    }

    /// Lets time pass: those whose patience ends look for a cycle, or give up.
    ///
    /// ```
    /// use scalelab::algorithms::transactions::{Engine, Expr, Op, Policy, Protocol, Reason, Row, Told};
    /// let x = Row::new(0, 0);
    /// let mut engine = Engine::new(Protocol::TwoPhase, Policy::Timeout(50), [(x, Some(1))]);
    /// engine.submit(1, Op::Write(x, Expr::Set(2))).unwrap();
    /// engine.submit(2, Op::Read(x)).unwrap();
    /// assert!(engine.advance(49).is_empty());
    /// assert_eq!(engine.advance(50)[0].told, Told::Aborted(Reason::Timeout));
    /// ```
    pub fn advance(&mut self, now: u64) -> Vec<Notice> {
        let mut notices = Vec::new();
        while let Some(due) = self.next_deadline().filter(|due| *due <= now) {
            self.now = due;
            self.lose_patience(&mut notices);
        }
        self.now = self.now.max(now);
        notices
    }

    fn lose_patience(&mut self, notices: &mut Vec<Notice>) {
        let Some(patience) = self.policy.patience() else { return };
        loop {
            let mut due: Vec<(u64, TxId)> = self
                .those_waiting()
                .filter(|(_, t)| t.since + patience == self.now)
                .map(|(tx, t)| (t.wait_number, tx))
                .collect();
            due.sort_unstable();
            let mut due = due.into_iter().map(|(_, tx)| tx);
            let graph = self.graph();
            let victim = match self.policy {
                Policy::Timeout(_) => due.next().map(|tx| (tx, None)),
                _ => due.find_map(|tx| Some((tx, Some(graph.cycle_through(tx)?)))),
            };
            let Some((tx, cycle)) = victim else { return };
            let reason = if cycle.is_some() { Reason::Deadlock } else { Reason::Timeout };
            if let Some(cycle) = cycle {
                notices.push(Notice { tx, told: Told::Deadlock(cycle) });
            }
            self.abort(tx, reason, notices);
            self.settle(notices);
        }
    }
}
