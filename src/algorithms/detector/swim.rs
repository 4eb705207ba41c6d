//! SWIM: everybody pings somebody, and word gets around.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// How many protocol periods it takes on average until the first of the others pings a failed member, when each
/// of `others` pings one member at random in each period: 1 / (1 − (1 − 1/n)ⁿ), which nears e/(e−1) = 1.582 in
/// large groups and does not grow with them.
///
/// Source: Das, Gupta and Motivala, "SWIM", 2002, section 3.1.
///
/// ```
/// use scalelab::algorithms::detector::expected_first_detection;
/// let e = std::f64::consts::E;
/// assert!((expected_first_detection(100_000) - e / (e - 1.0)).abs() < 1e-4);
/// assert_eq!(expected_first_detection(1), 1.0);
/// ```
#[must_use]
pub fn expected_first_detection(others: u32) -> f64 {
    if others == 0 {
        return f64::INFINITY;
    }
    let n = f64::from(others);
    1.0 / (1.0 - (1.0 - 1.0 / n).powf(n))
}

/// How a group runs SWIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwimTuning {
    /// Members that are asked to ping in one's place (k in the paper; 3 is common).
    pub helpers: usize,
    /// Periods that a suspected member has to refute the suspicion.
    pub suspicion_periods: u32,
    /// Whether each member pings the others in a shuffled round (the paper's 4.3, bounded time) rather than one at
    /// random in each period.
    pub round_robin: bool,
}

/// What a period brought, as the first member to know it knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwimEvent {
    /// `by` got no answer from `member`, neither directly nor through helpers.
    Suspected {
        /// Who is suspected.
        member: usize,
        /// Who suspects first.
        by: usize,
    },
    /// The member was heard of again in time.
    Refuted {
        /// Who is back.
        member: usize,
    },
    /// The suspicion ran out: the member is declared dead.
    Dead {
        /// Who is dead.
        member: usize,
    },
}

/// A group that runs SWIM, one protocol period at a time.
///
/// Word of a suspicion or a death is taken to be with everybody at the end of the period; the paper's infection
/// takes a number of periods that grows with the logarithm of the group.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::detector::{Swim, SwimEvent, SwimTuning};
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let mut group = Swim::new(5, SwimTuning { helpers: 3, suspicion_periods: 2, round_robin: true });
/// let mut heard = Vec::new();
/// for _ in 0..12 {
///     heard.extend(group.period(&mut rng, |from, to| from != 4 && to != 4)); // 4 is dead
/// }
/// assert!(heard.contains(&SwimEvent::Dead { member: 4 }) && heard.len() == 2);
/// ```
#[derive(Clone, Debug)]
pub struct Swim {
    tuning: SwimTuning,
    members: usize,
    period: u64,
    /// What is left of each member's round.
    rounds: Vec<Vec<usize>>,
    /// Suspected members with the period in which they were; dead ones stay here.
    suspected: BTreeMap<usize, u64>,
    dead: Vec<bool>,
}

impl Swim {
    /// A group of so many members, all taken to be alive.
    #[must_use]
    pub fn new(members: usize, tuning: SwimTuning) -> Self {
        let (rounds, dead) = (vec![Vec::new(); members], vec![false; members]);
        Self { tuning, members, period: 0, rounds, suspected: BTreeMap::new(), dead }
    }

    /// Whether a member is suspected or dead, as the group knows it.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Swim, SwimTuning};
    /// let group = Swim::new(2, SwimTuning { helpers: 1, suspicion_periods: 1, round_robin: true });
    /// assert!(!group.suspects(0) && !group.suspects(9));
    /// ```
    pub fn suspects(&self, member: usize) -> bool {
        self.suspected.contains_key(&member) || self.declared_dead(member)
    }

    /// Whether a member was declared dead.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Swim, SwimTuning};
    /// let group = Swim::new(2, SwimTuning { helpers: 1, suspicion_periods: 1, round_robin: true });
    /// assert!(!group.declared_dead(1));
    /// ```
    pub fn declared_dead(&self, member: usize) -> bool {
        self.dead.get(member).copied().unwrap_or(false)
    }

    /// One protocol period. `delivers(a, b)` says whether a message from `a` reaches `b` now; a ping needs the way
    /// there and the way back. Cost: a few calls for each member. A dead member that answers again joins again.
    pub fn period<R: Rng>(&mut self, rng: &mut R, mut delivers: impl FnMut(usize, usize) -> bool) -> Vec<SwimEvent> {
        let mut events = Vec::new();
        self.period += 1;
        for from in 0..self.members {
            let Some(to) = self.target(from, rng) else { continue };
            let mut reaches = |a: usize, b: usize| delivers(a, b) && delivers(b, a);
            let answered = reaches(from, to) || self.helped(from, to, rng, &mut reaches);
            // One that hears nobody at all does not speak for the group: it may be dead itself.
            let alive = answered || self.heard_by_anyone(from, to, &mut reaches);
            match (answered, self.suspected.contains_key(&to), self.declared_dead(to)) {
                (true, true, _) | (true, _, true) => {
                    self.suspected.remove(&to);
                    self.dead[to] = false;
                    events.push(SwimEvent::Refuted { member: to });
                }
                (false, false, false) if alive => {
                    self.suspected.insert(to, self.period);
                    events.push(SwimEvent::Suspected { member: to, by: from });
                }
                _ => {}
            }
        }
        let patience = u64::from(self.tuning.suspicion_periods);
        let over = self.suspected.iter().filter(|(_, since)| self.period - **since >= patience);
        let over: Vec<usize> = over.map(|(member, _)| *member).collect();
        for member in over {
            self.suspected.remove(&member);
            self.dead[member] = true;
            events.push(SwimEvent::Dead { member });
        }
        events
    }

    fn target<R: Rng>(&mut self, from: usize, rng: &mut R) -> Option<usize> {
        if self.members < 2 {
            return None;
        }
        if !self.tuning.round_robin {
            let pick = rng.random_range(0..self.members - 1);
            return Some(if pick < from { pick } else { pick + 1 });
        }
        if self.rounds[from].is_empty() {
            let mut round: Vec<usize> = (0..self.members).filter(|m| *m != from).collect();
            round.shuffle(rng);
            self.rounds[from] = round;
        }
        self.rounds[from].pop()
    }

    /// Whether one of the helpers reaches the member in one's place.
    fn helped<R: Rng>(
        &self,
        from: usize,
        to: usize,
        rng: &mut R,
        reaches: &mut impl FnMut(usize, usize) -> bool,
    ) -> bool {
        let mut others: Vec<usize> =
            (0..self.members).filter(|m| *m != from && *m != to && !self.declared_dead(*m)).collect();
        others.shuffle(rng);
        others.into_iter().take(self.tuning.helpers).any(|helper| reaches(from, helper) && reaches(helper, to))
    }

    /// Whether anybody but the suspect hears this member.
    fn heard_by_anyone(&self, from: usize, suspect: usize, reaches: &mut impl FnMut(usize, usize) -> bool) -> bool {
        self.members == 2 || (0..self.members).any(|other| other != from && other != suspect && reaches(from, other))
    }
}
