//! Algorithms against their references, and their properties.

mod availability;
mod balance_golden;
mod balance_properties;
mod bloom_golden;
mod bloom_promises;
mod bloom_properties;
mod placement_golden;
mod placement_properties;
mod processes;
mod threads;
mod threads_differential;
mod threads_language;
mod threads_oracle;
mod transactions_anomalies;
mod transactions_golden;
mod transactions_postgres;
mod two_phase_commit;
