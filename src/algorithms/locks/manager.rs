//! The lock manager: who holds what, and who waits in which queue.

use std::collections::{BTreeMap, BTreeSet};

use super::{Holder, Mode, Resource, WaitsFor};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The lock is held now.
    Granted,
    /// It stands in the queue.
    Waits,
}

/// A waiting request that was granted, because somebody let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who holds it now.
    pub holder: Holder,
    /// What.
    pub resource: Resource,
    /// In which mode.
    pub mode: Mode,
}

/// A request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who waits.
    pub holder: Holder,
    /// The mode that it will hold: for an upgrade, the join of old and new.
    pub mode: Mode,
    /// Whether it holds the resource already, in a weaker mode.
    pub upgrade: bool,
}

/// Why a request makes no sense. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Who waits can ask for nothing more.
    #[error("transaction {holder} waits for a lock already: let it get that one first, or withdraw the request")]
    Waiting {
        /// Who.
        holder: Holder,
    },
    /// What is not held cannot be released.
    #[error("transaction {holder} holds no lock on {resource:?}: there is nothing to release")]
    NotHeld {
        /// Who.
        holder: Holder,
        /// What.
        resource: Resource,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Queue {
    granted: Vec<(Holder, Mode)>,
    waiting: Vec<Request>,
}

/// Locks with fair queues.
///
/// A request is granted if it goes with all that others hold **and** with all that wait before it: nobody overtakes to
/// another's harm, so nobody starves. An upgrade waits before all that hold nothing yet, as it could never get past
/// them otherwise. Two upgrades from S to X wait for each other: a deadlock.
///
/// Cost: O(holders + waiters) of the resource for a request; O(log n) to find it.
///
/// ```
/// use scalelab::algorithms::locks::{Answer, LockManager, Mode, Resource};
/// let (mut locks, row) = (LockManager::default(), Resource::Row(0, 0));
/// assert_eq!(locks.request(1, row, Mode::S), Ok(Answer::Granted));
/// assert_eq!(locks.request(2, row, Mode::X), Ok(Answer::Waits));
/// // A reader would go with the holder, but not with the writer that waits: it may not overtake.
/// assert_eq!(locks.request(3, row, Mode::S), Ok(Answer::Waits));
/// assert_eq!(locks.blockers(3), [2].into());
/// let granted = locks.release_all(1);
/// assert_eq!((granted[0].holder, granted[0].mode), (2, Mode::X));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LockManager {
    queues: BTreeMap<Resource, Queue>,
    held: BTreeMap<Holder, BTreeSet<Resource>>,
    waiting: BTreeMap<Holder, Resource>,
}

impl LockManager {
    /// Asks for a lock; what is held already in a mode that covers it is granted at once.
    ///
    /// # Errors
    /// Who waits already cannot ask.
    pub fn request(&mut self, holder: Holder, resource: Resource, mode: Mode) -> Result<Answer, LockError> {
        if self.waiting.contains_key(&holder) {
            return Err(LockError::Waiting { holder });
        }
        let held = self.mode_of(holder, resource);
        if held.is_some_and(|h| h.covers(mode)) {
            return Ok(Answer::Granted);
        }
        let request = Request { holder, mode: held.map_or(mode, |h| h.join(mode)), upgrade: held.is_some() };
        let queue = self.queues.entry(resource).or_default();
        let place = match request.upgrade {
            true => queue.waiting.iter().take_while(|r| r.upgrade).count(),
            false => queue.waiting.len(),
        };
        queue.waiting.insert(place, request);
        self.waiting.insert(holder, resource);
        let granted = self.serve(resource);
        Ok(if granted.iter().any(|g| g.holder == holder) { Answer::Granted } else { Answer::Waits })
    }

    /// Lets go of one lock.
    ///
    /// # Errors
    /// It must be held.
    ///
    /// ```
    /// use scalelab::algorithms::locks::{LockError, LockManager, Resource};
    /// let missing = LockError::NotHeld { holder: 1, resource: Resource::Database };
    /// assert_eq!(LockManager::default().release(1, Resource::Database), Err(missing));
    /// ```
    pub fn release(&mut self, holder: Holder, resource: Resource) -> Result<Vec<Grant>, LockError> {
        if self.mode_of(holder, resource).is_none() {
            return Err(LockError::NotHeld { holder, resource });
        }
        self.drop_held(holder, resource);
        if let Some(held) = self.held.get_mut(&holder) {
            held.remove(&resource);
        }
        Ok(self.serve(resource))
    }

    /// Lets go of everything, and withdraws what it waits for. Gives what others get by it.
    pub fn release_all(&mut self, holder: Holder) -> Vec<Grant> {
        let mut granted = self.withdraw(holder);
        for resource in self.held.remove(&holder).unwrap_or_default() {
            self.drop_held(holder, resource);
            granted.extend(self.serve(resource));
        }
        granted
    }

    /// Withdraws the request that waits, if one does.
    ///
    /// ```
    /// use scalelab::algorithms::locks::{LockManager, Mode, Resource};
    /// let mut locks = LockManager::default();
    /// for (holder, mode) in [(1, Mode::S), (2, Mode::X), (3, Mode::S)] {
    ///     locks.request(holder, Resource::Database, mode).unwrap();
    /// }
    /// assert_eq!(locks.withdraw(2)[0].holder, 3);
    /// ```
    pub fn withdraw(&mut self, holder: Holder) -> Vec<Grant> {
        let Some(resource) = self.waiting.remove(&holder) else { return Vec::new() };
        if let Some(queue) = self.queues.get_mut(&resource) {
            queue.waiting.retain(|r| r.holder != holder);
        }
        self.serve(resource)
    }

    fn drop_held(&mut self, holder: Holder, resource: Resource) {
        if let Some(queue) = self.queues.get_mut(&resource) {
            queue.granted.retain(|(h, _)| *h != holder);
        }
    }

    /// Grants what can be granted, from the front.
    fn serve(&mut self, resource: Resource) -> Vec<Grant> {
        let mut grants = Vec::new();
        let Some(queue) = self.queues.get_mut(&resource) else { return grants };
        let mut i = 0;
        while let Some(request) = queue.waiting.get(i).copied() {
            if blockers_in(queue, i).next().is_some() {
                i += 1;
                continue;
            }
            queue.waiting.remove(i);
            queue.granted.retain(|(h, _)| *h != request.holder);
            queue.granted.push((request.holder, request.mode));
            self.held.entry(request.holder).or_default().insert(resource);
            self.waiting.remove(&request.holder);
            grants.push(Grant { holder: request.holder, resource, mode: request.mode });
        }
        if queue.granted.is_empty() && queue.waiting.is_empty() {
            self.queues.remove(&resource);
        }
        grants
    }

    /// The mode in which it holds a resource.
    ///
    /// ```
    /// use scalelab::algorithms::locks::{LockManager, Resource};
    /// assert_eq!(LockManager::default().mode_of(1, Resource::Database), None);
    /// ```
    pub fn mode_of(&self, holder: Holder, resource: Resource) -> Option<Mode> {
        let queue = self.queues.get(&resource)?;
        queue.granted.iter().find(|(h, _)| *h == holder).map(|(_, mode)| *mode)
    }

    /// What it holds, from the top of the hierarchy down.
    pub fn held_by(&self, holder: Holder) -> Vec<(Resource, Mode)> {
        let held = self.held.get(&holder).into_iter().flatten();
        held.filter_map(|r| Some((*r, self.mode_of(holder, *r)?))).collect()
    }

    /// How many locks it holds.
    pub fn count(&self, holder: Holder) -> usize {
        self.held.get(&holder).map_or(0, BTreeSet::len)
    }

    /// What it waits for.
    pub fn waits_for(&self, holder: Holder) -> Option<Resource> {
        self.waiting.get(&holder).copied()
    }

    /// What it waits for, and in which mode it will hold it then.
    ///
    /// ```
    /// use scalelab::algorithms::locks::{LockManager, Mode, Resource};
    /// let mut locks = LockManager::default();
    /// locks.request(1, Resource::Row(0, 0), Mode::X).unwrap();
    /// locks.request(2, Resource::Row(0, 0), Mode::S).unwrap();
    /// assert_eq!(locks.request_of(2), Some((Resource::Row(0, 0), Mode::S)));
    /// assert_eq!(locks.request_of(1), None);
    /// ```
    pub fn request_of(&self, holder: Holder) -> Option<(Resource, Mode)> {
        let resource = self.waits_for(holder)?;
        let request = self.queues.get(&resource)?.waiting.iter().find(|r| r.holder == holder)?;
        Some((resource, request.mode))
    }

    /// Whose locks, or whose earlier requests, keep it waiting; none if it does not wait.
    pub fn blockers(&self, holder: Holder) -> BTreeSet<Holder> {
        let queue = self.waiting.get(&holder).and_then(|r| self.queues.get(r));
        let Some(queue) = queue else { return BTreeSet::new() };
        let place = queue.waiting.iter().position(|r| r.holder == holder);
        place.into_iter().flat_map(|i| blockers_in(queue, i)).collect()
    }

    /// Everything that is locked or waited for: resource, holders, queue.
    pub fn resources(&self) -> impl Iterator<Item = (Resource, &[(Holder, Mode)], &[Request])> + '_ {
        self.queues.iter().map(|(r, q)| (*r, q.granted.as_slice(), q.waiting.as_slice()))
    }

    /// Who waits, in order of number.
    pub fn waiting(&self) -> impl Iterator<Item = Holder> + '_ {
        self.waiting.keys().copied()
    }

    /// The waits-for graph. O(waiters · queue).
    ///
    /// ```
    /// use scalelab::algorithms::locks::{LockManager, Mode, Resource};
    /// let (mut locks, x, y) = (LockManager::default(), Resource::Row(0, 0), Resource::Row(0, 1));
    /// for (holder, row) in [(1, x), (2, y), (1, y), (2, x)] {
    ///     locks.request(holder, row, Mode::X).unwrap();
    /// }
    /// assert_eq!(locks.graph().cycle(), Some(vec![1, 2]));
    /// ```
    pub fn graph(&self) -> WaitsFor {
        self.waiting().flat_map(|w| self.blockers(w).into_iter().map(move |b| (w, b))).collect()
    }
}

/// Who keeps the request at this place of the queue from being granted.
fn blockers_in(queue: &Queue, place: usize) -> impl Iterator<Item = Holder> + '_ {
    let request = queue.waiting[place];
    let fights = move |holder: Holder, mode: Mode| holder != request.holder && !request.mode.compatible(mode);
    let held = queue.granted.iter().filter(move |(h, m)| fights(*h, *m)).map(|(h, _)| *h);
    let ahead = queue.waiting[..place].iter().filter(move |r| fights(r.holder, r.mode)).map(|r| r.holder);
    held.chain(ahead)
}
