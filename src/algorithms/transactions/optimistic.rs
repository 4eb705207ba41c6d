//! Backward validation: Kung and Robinson, "On Optimistic Methods for Concurrency Control" (1981), serial validation.

use super::engine::Engine;
use super::types::{Protocol, Reason, Row, TxId};

impl Engine {
    /// Why a transaction may not commit: somebody who committed since it began wrote what it has read.
    pub(super) fn validate(&self, tx: TxId) -> Option<Reason> {
        if self.protocol != Protocol::Optimistic {
            return None;
        }
        let own = self.txs.get(&tx)?;
        let touched = |row: &Row| own.read_rows.contains(row) || own.scans.contains(&row.table);
        let since = self.validated.iter().filter(|v| v.stamp > own.began);
        let probed = |row: &Row| own.probed.contains(row);
        since
            .filter(|v| v.rows.iter().any(touched) || v.came_or_went.iter().any(probed))
            .map(|v| Reason::Validation { by: v.tx })
            .next()
    }
}
