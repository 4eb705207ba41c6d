//! Hosts in zones and regions, and the links between them.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;

use super::distribution::Distribution;
use super::streams::Random;
use super::time::Duration;

/// A host, by its number in the order in which hosts were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u16);

impl HostId {
    /// Its place in a list of hosts.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Whether a host does anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// It runs.
    #[default]
    Up,
    /// It stands still: what reaches it waits until it goes on. Nobody can tell it from one that failed.
    Paused,
    /// It failed: what reaches it is lost.
    Down,
}

/// A machine of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The zone it stands in: what shares its power and its switch.
    pub zone: String,
    /// The region of that zone.
    pub region: String,
    /// Whether it does anything.
    pub condition: Condition,
    /// How many times slower than normal it is; 1 is normal.
    pub slowness: f64,
}

/// What happens to a message between two hosts, as long as the link is not cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// How long it is under way.
    pub delay: Distribution,
    /// Chance that it is lost, from 0 to 1.
    pub loss: f64,
    /// Chance that it arrives twice, from 0 to 1.
    pub duplication: f64,
}

impl Link {
    /// A link that delays, and neither loses nor duplicates.
    #[must_use]
    pub fn with_delay(delay: Distribution) -> Self {
        Self { delay, loss: 0.0, duplication: 0.0 }
    }
}

/// The links between hosts by how far they are apart, where no link of their own was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Distances {
    /// From a host to itself.
    pub host: Link,
    /// Within a zone.
    pub zone: Link,
    /// Between zones of a region.
    pub region: Link,
    /// Between regions.
    pub world: Link,
}

/// Half of the round trips that cloud providers publish: within a zone about 0.5 ms, between zones about 1.5 ms, between
/// continents about 80 ms; none for a host that talks to itself.
impl Default for Distances {
    fn default() -> Self {
        let about = |micros: u64| {
            let rest = Distribution::Exponential(Duration::from_micros(micros / 10));
            Link::with_delay(Distribution::at_least(Duration::from_micros(micros - micros / 10), rest))
        };
        let here = Link::with_delay(Distribution::Constant(Duration::ZERO));
        Self { host: here, zone: about(250), region: about(750), world: about(40_000) }
    }
}

/// Why a message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The way between the hosts is cut.
    Cut,
    /// The link lost it, by chance.
    Noise,
    /// The host that it was for is down, or went down while it waited there.
    HostDown,
    /// Somebody took it out of the network.
    Dropped,
}

/// What becomes of a message that is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// It never arrives.
    Lost(Loss),
    /// It arrives after this long, unless the way is cut meanwhile, and perhaps a second time.
    Arrives(Duration, Option<Duration>),
}

/// Hosts and links. It knows no protocol: it says of each message how long it takes, and whether it arrives.
///
/// ```
/// use scalelab::sim::{Distances, Loss, Network, Streams, Transit};
/// let mut network = Network::new(Distances::default());
/// let a = network.add("a", "zone-1", "eu");
/// let b = network.add("b", "zone-2", "eu");
/// let mut random = Streams::new(7).named("network");
/// assert!(matches!(network.transit(a, b, &mut random), Transit::Arrives(delay, None) if delay.as_micros() > 600));
/// network.cut(a, b);
/// assert_eq!(network.transit(a, b, &mut random), Transit::Lost(Loss::Cut));
/// // A cut is one-way: what b sends still reaches a.
/// assert!(!network.is_cut(b, a));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    hosts: Vec<Host>,
    distances: Distances,
    links: BTreeMap<(HostId, HostId), Link>,
    cuts: BTreeSet<(HostId, HostId)>,
    /// Loss and duplication on top of those of every link.
    noise: (f64, f64),
}

impl Network {
    /// A network without hosts.
    #[must_use]
    pub fn new(distances: Distances) -> Self {
        Self { hosts: Vec::new(), distances, links: BTreeMap::new(), cuts: BTreeSet::new(), noise: (0.0, 0.0) }
    }

    /// Adds a host.
    pub fn add(&mut self, name: &str, zone: &str, region: &str) -> HostId {
        let (name, zone, region) = (name.to_owned(), zone.to_owned(), region.to_owned());
        self.hosts.push(Host { name, zone, region, condition: Condition::Up, slowness: 1.0 });
        HostId((self.hosts.len() - 1) as u16)
    }

    /// All hosts, in their order.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The numbers of all hosts.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = HostId> + use<> {
        (0..self.hosts.len() as u16).map(HostId)
    }

    /// A host.
    #[must_use]
    pub fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id.index())
    }

    pub(super) fn host_mut(&mut self, id: HostId) -> Option<&mut Host> {
        self.hosts.get_mut(id.index())
    }

    /// The host with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<HostId> {
        self.ids().find(|id| self.hosts[id.index()].name == name)
    }

    /// The hosts that a name means: a host's own, or those of a zone or a region.
    #[must_use]
    pub fn all_named(&self, name: &str) -> Vec<HostId> {
        if let Some(host) = self.named(name) {
            return vec![host];
        }
        let here = |host: &Host| host.zone == name || host.region == name;
        self.ids().filter(|id| here(&self.hosts[id.index()])).collect()
    }

    /// Whether a host runs.
    #[must_use]
    pub fn is_up(&self, id: HostId) -> bool {
        self.host(id).is_some_and(|host| host.condition == Condition::Up)
    }

    /// Gives one direction between two hosts a link of its own.
    pub fn set_link(&mut self, from: HostId, to: HostId, link: Link) {
        self.links.insert((from, to), link);
    }

    /// The link from one host to another.
    #[must_use]
    pub fn link(&self, from: HostId, to: HostId) -> &Link {
        if let Some(own) = self.links.get(&(from, to)) {
            return own;
        }
        match (self.host(from), self.host(to)) {
            _ if from == to => &self.distances.host,
            (Some(a), Some(b)) if a.region == b.region && a.zone == b.zone => &self.distances.zone,
            (Some(a), Some(b)) if a.region == b.region => &self.distances.region,
            _ => &self.distances.world,
        }
    }

    /// Cuts one direction: what `from` sends no longer reaches `to`. A host always reaches itself.
    pub fn cut(&mut self, from: HostId, to: HostId) {
        if from != to {
            self.cuts.insert((from, to));
        }
    }

    /// Cuts the network in groups: hosts of different groups no longer reach each other. A host in no group is alone.
    pub fn partition(&mut self, groups: &[Vec<HostId>]) {
        let group_of = |id: HostId| groups.iter().position(|group| group.contains(&id));
        let ids: Vec<HostId> = self.ids().collect();
        for from in &ids {
            for to in &ids {
                if group_of(*from).is_none() || group_of(*from) != group_of(*to) {
                    self.cut(*from, *to);
                }
            }
        }
    }

    /// Takes all cuts back.
    pub fn heal(&mut self) {
        self.cuts.clear();
    }

    /// Takes one cut back, in this direction.
    pub fn heal_one_way(&mut self, from: HostId, to: HostId) {
        self.cuts.remove(&(from, to));
    }

    /// Whether this direction is cut.
    #[must_use]
    pub fn is_cut(&self, from: HostId, to: HostId) -> bool {
        self.cuts.contains(&(from, to))
    }

    /// All cut directions.
    #[must_use]
    pub fn cuts(&self) -> &BTreeSet<(HostId, HostId)> {
        &self.cuts
    }

    /// Makes every link between two hosts lose and duplicate, each with this chance on top of its own.
    pub fn set_noise(&mut self, loss: f64, duplication: f64) {
        self.noise = (loss.clamp(0.0, 1.0), duplication.clamp(0.0, 1.0));
    }

    /// The chances of loss and duplication on top of the links' own.
    #[must_use]
    pub fn noise(&self) -> (f64, f64) {
        self.noise
    }

    /// Groups of hosts that reach each other in both directions, over others if need be; hosts that are down are alone.
    ///
    /// ```
    /// use scalelab::sim::{Distances, HostId, Network};
    /// let mut network = Network::new(Distances::default());
    /// let [a, b, c] = ["a", "b", "c"].map(|name| network.add(name, "zone-1", "eu"));
    /// network.partition(&[vec![a, b], vec![c]]);
    /// assert_eq!(network.islands(), [vec![a, b], vec![c]]);
    /// ```
    #[must_use]
    pub fn islands(&self) -> Vec<Vec<HostId>> {
        let both = |a, b| self.is_up(a) && self.is_up(b) && !self.is_cut(a, b) && !self.is_cut(b, a);
        let mut left: BTreeSet<HostId> = self.ids().collect();
        let mut islands = Vec::new();
        while let Some(first) = left.pop_first() {
            let (mut island, mut seen) = (vec![first], 0);
            while let Some(at) = island.get(seen).copied() {
                seen += 1;
                let near: Vec<HostId> = left.iter().copied().filter(|other| both(at, *other)).collect();
                near.iter().for_each(|other| _ = left.remove(other));
                island.extend(near);
            }
            island.sort_unstable();
            islands.push(island);
        }
        islands
    }

    /// What becomes of a message that is sent now. A slow host takes its factor longer to send and to receive. O(log n).
    pub fn transit(&self, from: HostId, to: HostId, random: &mut Random) -> Transit {
        if self.is_cut(from, to) {
            return Transit::Lost(Loss::Cut);
        }
        let link = self.link(from, to);
        let noise = if from == to { (0.0, 0.0) } else { self.noise };
        let happens = |chance: f64, more: f64, random: &mut Random| {
            let chance = 1.0 - (1.0 - chance) * (1.0 - more);
            chance > 0.0 && random.random::<f64>() < chance
        };
        if happens(link.loss, noise.0, random) {
            return Transit::Lost(Loss::Noise);
        }
        let slowness = [from, to].iter().filter_map(|id| self.host(*id)).map(|host| host.slowness).fold(1.0, f64::max);
        let delay = link.delay.sample(random).stretched(slowness);
        let again = happens(link.duplication, noise.1, random).then(|| link.delay.sample(random).stretched(slowness));
        Transit::Arrives(delay, again)
    }
}
