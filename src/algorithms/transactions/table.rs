//! Which protocol lets which phenomenon happen.

use std::sync::{Arc, OnceLock};

use super::cases::CASES;
use super::explore::{Verdict, judge};
use super::phenomena::Phenomenon;
use super::types::Protocol;

/// The anomaly table.
#[derive(Debug)]
pub struct AnomalyTable {
    /// A row for each case, in it a verdict for each protocol, both in the order of their `ALL`.
    pub rows: Vec<Vec<Verdict>>,
}

impl AnomalyTable {
    /// Computes the table, once: it is always the same. `None` if `goes_on`, which is called before each case, says no.
    ///
    /// ```
    /// use scalelab::algorithms::transactions::{AnomalyTable, Phenomenon, Protocol};
    /// let table = AnomalyTable::computed(&|| true).unwrap();
    /// assert!(table.possible(Phenomenon::WriteSkew, Protocol::Snapshot));
    /// ```
    pub fn computed(goes_on: &dyn Fn() -> bool) -> Option<Arc<Self>> {
        static TABLE: OnceLock<Arc<AnomalyTable>> = OnceLock::new();
        if let Some(table) = TABLE.get() {
            return Some(Arc::clone(table));
        }
        let mut rows = Vec::new();
        for case in &CASES {
            if !goes_on() {
                return None;
            }
            rows.push(Protocol::ALL.iter().map(|p| judge(case, *p)).collect());
        }
        Some(Arc::clone(TABLE.get_or_init(|| Arc::new(Self { rows }))))
    }

    /// Whether a protocol lets a phenomenon happen.
    pub fn possible(&self, phenomenon: Phenomenon, protocol: Protocol) -> bool {
        self.verdict(phenomenon, protocol).is_some_and(|v| v.possible)
    }

    /// What was found for a phenomenon under a protocol.
    pub fn verdict(&self, phenomenon: Phenomenon, protocol: Protocol) -> Option<&Verdict> {
        let row = Phenomenon::ALL.iter().position(|p| *p == phenomenon)?;
        let column = Protocol::ALL.iter().position(|p| *p == protocol)?;
        self.rows.get(row)?.get(column)
    }

    /// Orders that were run in all.
    pub fn schedules(&self) -> u64 {
        self.rows.iter().flatten().map(|v| v.exploration.schedules).sum()
    }
}
