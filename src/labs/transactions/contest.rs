//! The same job, pessimistic and optimistic, while contention grows.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::algorithms::transactions::{Job, Outcome, Policy, Protocol, gray_waits, simulate_while};
use crate::engine::{ModelError, interrupt};

/// Rows that jobs choose from: the fewer, the more contention.
pub const LEVELS: [usize; 7] = [8_192, 2_048, 512, 128, 32, 8, 4];
/// Milliseconds times cores times clients by the sixteen (queues grow with them), at most: it bounds the work.
const MOST_WORK: u64 = 8_000;

/// Both sides at every level.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    /// The job, but for its rows.
    pub job: Job,
    /// Number of rows, and how the pessimistic and the optimistic side did.
    pub levels: Vec<(usize, Outcome, Outcome)>,
}

impl Contest {
    /// Runs both sides at every level; both draw from the same seed.
    ///
    /// # Errors
    /// Too much work, or somebody stops it.
    pub fn run([clients, cores, touch, ms]: [u64; 4], ordered: bool, seed: u64) -> Result<Self, ModelError> {
        let most = MOST_WORK / (cores * clients.div_ceil(16).max(1));
        if ms > most {
            let problem = format!("{ms} ms with --clients {clients} --cores {cores} are too much work");
            return Err(ModelError::new(problem, format!("choose at most {most} ms")));
        }
        let (clients, cores, touch) = (clients as usize, cores as usize, touch as usize);
        let writes = touch.div_ceil(2);
        let job = Job { clients, cores, reads: touch - writes, writes, ordered, until: ms * 1_000, ..Job::default() };
        let side = |protocol, rows| {
            let (job, goes_on) = (Job { rows, ..job }, || !interrupt::requested());
            simulate_while(protocol, Policy::default(), job, &mut ChaCha8Rng::seed_from_u64(seed), &goes_on)
        };
        let level = |rows| {
            let level = (rows, side(Protocol::TwoPhase, rows), side(Protocol::Optimistic, rows));
            interrupt::check().map(|()| level)
        };
        Ok(Self { job, levels: LEVELS.into_iter().map(level).collect::<Result<_, ModelError>>()? })
    }

    /// The fewest rows at which the optimistic side still is at least as fast, if it is with the most rows.
    pub fn turning_point(&self) -> Option<usize> {
        let optimistic = self.levels.iter().take_while(|(_, p, o)| o.throughput >= p.throughput);
        optimistic.last().map(|(rows, ..)| *rows)
    }

    /// Waits a job that theory expects at a level, if all that is touched were locked exclusively.
    pub fn theory_waits(&self, rows: usize) -> f64 {
        gray_waits(self.job.clients, self.job.touched(), rows)
    }
}
