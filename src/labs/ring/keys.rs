//! The keys: real ones from a file, or a built-in set of names that people recognise.

use std::borrow::Cow;
use std::sync::Arc;

use crate::algorithms::hash::key_hash;
use crate::engine::input::MAX_LINES;
use crate::engine::numbers::{count, thousands};
use crate::engine::{Input, ModelError, interrupt};
use crate::systems::placing::space::{BUCKETS, bucket};

/// Keys of the built-in set when nothing else is asked for.
pub const DEFAULT_KEYS: usize = 10_000;

const KINDS: [&str; 5] = ["user", "cart", "photo", "song", "session"];
const NAMES: &str = include_str!("../../../assets/keys/names.txt");

/// Keys with their hashes. Memory: 8 bytes a key, besides the input's own text.
#[derive(Clone, Debug)]
pub struct KeySet {
    source: Option<Arc<Input>>,
    names: Vec<&'static str>,
    hashes: Vec<u64>,
    /// Keys that stand in the input more than once: every copy after the first.
    pub duplicates: usize,
    /// How many keys lie in each of [`BUCKETS`] equal stretches of the hash space.
    pub density: Vec<u32>,
}

impl KeySet {
    /// The first keys of the input, or of the built-in set.
    pub fn new(source: Option<Arc<Input>>, wanted: Option<u64>, seed: u64) -> Result<Self, ModelError> {
        let most = source.as_ref().map_or(MAX_LINES, |input| input.lines.len());
        let wanted = wanted.unwrap_or(source.as_ref().map_or(DEFAULT_KEYS as u64, |_| most as u64));
        let length = usize::try_from(wanted).ok().filter(|c| (1..=most).contains(c)).ok_or_else(|| {
            let (most, whose) =
                (thousands(most as u64), if source.is_some() { "the file has" } else { "the lab holds" });
            let problem = format!("{} cannot be placed: {whose} {most}", count(wanted, "key"));
            ModelError::new(problem, format!("ask for 1 to {most}"))
        })?;
        let mut set = Self {
            source,
            names: NAMES.lines().collect(),
            hashes: Vec::with_capacity(length),
            duplicates: 0,
            density: vec![0; BUCKETS],
        };
        for i in 0..length {
            interrupt::check_at(i as u64)?;
            let hash = key_hash(seed, set.text(i).as_bytes());
            set.hashes.push(hash);
            set.density[bucket(hash)] += 1;
        }
        if set.source.is_some() {
            // Equal keys have equal hashes; that two different ones do has odds of 1 in 300,000 at 10 million keys.
            let mut sorted = set.hashes.clone();
            sorted.sort_unstable();
            set.duplicates = sorted.windows(2).filter(|w| w[0] == w[1]).count();
        }
        Ok(set)
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Their hashes, in the order of the keys.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The text of a key.
    pub fn text(&self, index: usize) -> Cow<'_, str> {
        match &self.source {
            Some(input) => Cow::Borrowed(input.lines.get(index).unwrap_or_default()),
            None => {
                let kind = KINDS[index % KINDS.len()];
                let name = self.names[index / KINDS.len() % self.names.len()];
                match index / KINDS.len() / self.names.len() {
                    0 => Cow::Owned(format!("{kind}/{name}")),
                    round => Cow::Owned(format!("{kind}/{name}-{}", round + 1)),
                }
            }
        }
    }

    /// Where the keys come from, for people.
    pub fn origin(&self) -> String {
        match &self.source {
            Some(input) if input.name == "-" => "standard input".to_owned(),
            Some(input) => input.name.clone(),
            None => "the built-in set".to_owned(),
        }
    }

    /// The input, if the keys are not built in.
    pub fn source(&self) -> Option<&Arc<Input>> {
        self.source.as_ref()
    }

    /// The first key with this hash.
    pub fn find(&self, hash: u64) -> Option<usize> {
        self.hashes.iter().position(|h| *h == hash)
    }
}
