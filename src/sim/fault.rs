//! What can go wrong with hosts and links.

use super::network::{Condition, HostId, Network};

/// A fault, or its end. Labs give them as commands; a simulation carries them out.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A host fails: it loses what it only had in memory, and what reaches it is lost.
    Fail(HostId),
    /// A host that failed starts again.
    Recover(HostId),
    /// A host stands still; what reaches it waits.
    Pause(HostId),
    /// A paused host goes on.
    Resume(HostId),
    /// A host is so many times slower than normal; 1 is normal again.
    Slow(HostId, f64),
    /// What the first sends no longer reaches the second.
    CutOneWay(HostId, HostId),
    /// These groups no longer reach each other; hosts in no group are alone.
    Partition(Vec<Vec<HostId>>),
    /// All cuts are taken back.
    Heal,
    /// Every message between two hosts is lost with this chance.
    Lossy(f64),
    /// Every message between two hosts arrives twice with this chance.
    Duplicating(f64),
}

/// A fault that cannot be.
#[derive(thiserror::Error, Clone, Debug, PartialEq)]
pub enum FaultError {
    /// There is no such host.
    #[error("there is no host number {}: there are {hosts}", host.0)]
    NoSuchHost {
        /// What was given.
        host: HostId,
        /// How many there are.
        hosts: usize,
    },
    /// The host is not in the condition that the fault starts from.
    #[error("host number {} is {condition:?} already", host.0)]
    Already {
        /// Which host.
        host: HostId,
        /// What it is.
        condition: Condition,
    },
    /// A chance or a factor out of its range.
    #[error("{value} is out of range: use {least} to {most}")]
    OutOfRange {
        /// What was given.
        value: f64,
        /// The least that makes sense.
        least: f64,
        /// The most that makes sense.
        most: f64,
    },
}

impl Network {
    /// Carries a fault out on hosts and links. What a host then does is its simulation's business.
    ///
    /// # Errors
    /// When there is no such host, it is in that condition already, or a number is out of range. Nothing has changed then.
    ///
    /// ```
    /// use scalelab::sim::{Distances, Fault, Network};
    /// let mut network = Network::new(Distances::default());
    /// let a = network.add("a", "zone-1", "eu");
    /// network.apply(&Fault::Fail(a))?;
    /// assert!(!network.is_up(a));
    /// assert!(network.apply(&Fault::Pause(a)).is_err());
    /// # Ok::<(), scalelab::sim::FaultError>(())
    /// ```
    pub fn apply(&mut self, fault: &Fault) -> Result<(), FaultError> {
        match fault {
            Fault::Fail(host) => self.turn(*host, &[Condition::Up, Condition::Paused], Condition::Down),
            Fault::Recover(host) => self.turn(*host, &[Condition::Down], Condition::Up),
            Fault::Pause(host) => self.turn(*host, &[Condition::Up], Condition::Paused),
            Fault::Resume(host) => self.turn(*host, &[Condition::Paused], Condition::Up),
            Fault::Slow(id, factor) => {
                within(*factor, 1.0, 1e6)?;
                self.existing(*id)?.slowness = *factor;
                Ok(())
            }
            Fault::CutOneWay(from, to) => {
                self.existing(*from)?;
                self.existing(*to)?;
                self.cut(*from, *to);
                Ok(())
            }
            Fault::Partition(groups) => {
                groups.iter().flatten().try_for_each(|host| self.existing(*host).map(drop))?;
                self.partition(groups);
                Ok(())
            }
            Fault::Heal => {
                self.heal();
                Ok(())
            }
            Fault::Lossy(loss) => {
                within(*loss, 0.0, 1.0)?;
                self.set_noise(*loss, self.noise().1);
                Ok(())
            }
            Fault::Duplicating(chance) => {
                within(*chance, 0.0, 1.0)?;
                self.set_noise(self.noise().0, *chance);
                Ok(())
            }
        }
    }

    fn existing(&mut self, id: HostId) -> Result<&mut super::network::Host, FaultError> {
        let hosts = self.hosts().len();
        self.host_mut(id).ok_or(FaultError::NoSuchHost { host: id, hosts })
    }

    fn turn(&mut self, id: HostId, from: &[Condition], to: Condition) -> Result<(), FaultError> {
        let host = self.existing(id)?;
        if !from.contains(&host.condition) {
            return Err(FaultError::Already { host: id, condition: host.condition });
        }
        host.condition = to;
        Ok(())
    }
}

fn within(value: f64, least: f64, most: f64) -> Result<(), FaultError> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(FaultError::OutOfRange { value, least, most }) }
}
