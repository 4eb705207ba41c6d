//! Locks and transactions: who waits, who is aborted, and what goes wrong without.

mod command;
mod contest;
mod facts;
mod model;
mod names;
mod narrate;
mod panel;
mod script;
mod verdict;
mod view;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Lab, LabInfo, Scene, ViewInfo};
use crate::picture::{Figure, LoadBar};
pub use command::TransactionsCommand;
pub use facts::TransactionsFacts;
pub use model::TransactionsModel;

/// The lab.
#[derive(Debug)]
pub struct TransactionsLab;

impl Lab for TransactionsLab {
    type Model = TransactionsModel;
    const INFO: LabInfo = LabInfo {
        name: "transactions",
        title: "transactions",
        summary: "Run transactions at once: who waits, who is aborted, which anomalies get through?",
        first_words: "Press `p`, type lost-update and Enter: two transactions raise x at once. Or be the scheduler: \
                      `load write-skew`, then `a` and `b`.",
        inputs: &[],
        views: &[
            ViewInfo { name: "locks", help: "transactions as lanes, the locks that they hold, and the queues" },
            ViewInfo { name: "graph", help: "who waits for whom; once all have ended, who must come before whom" },
            ViewInfo { name: "schedule", help: "what happened in order; each read joined to the write that it saw" },
            ViewInfo { name: "versions", help: "the versions of each row along time, and each transaction's snapshot" },
            ViewInfo { name: "anomalies", help: "which protocol lets which anomaly happen: every order was run" },
            ViewInfo { name: "contention", help: "pessimistic against optimistic as contention grows" },
        ],
        keys: command::KEYS,
    };

    fn state(model: &TransactionsModel) -> String {
        panel::state(model)
    }

    fn figures(model: &TransactionsModel, facts: &TransactionsFacts) -> Vec<Figure> {
        panel::figures(model, facts)
    }

    fn bars(model: &TransactionsModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn draw(scene: &Scene<'_, TransactionsModel>, area: Rect, buf: &mut Buffer) {
        view::draw(scene, area, buf);
    }

    fn click(scene: &Scene<'_, TransactionsModel>, area: Rect, x: u16, y: u16) -> Option<String> {
        view::click(scene, area, x, y)
    }

    fn click_bar(model: &TransactionsModel, bar: usize) -> Option<String> {
        panel::click(model, bar)
    }
}
