//! Load balancing: which server gets the next request, and what a balancer does besides choosing.
//!
//! A [`Balancer`] is one [`Algorithm`] over a list of servers, known by their index. It is told when a request
//! is sent and done, and asked for the next [`Choice`], which also says [`Why`]. Around it stand [`Health`]
//! checks, [`slow_start`], [`Outliers`], sticky [`Sessions`], a [`RetryBudget`], layer 7 [`Routes`], [`Dns`] with
//! its caches, and [`Vrrp`] for balancers that fail.

mod balancer;
mod dns;
mod ewma;
mod hashed;
mod health;
mod least;
mod least_request;
mod outlier;
mod ready;
mod retry;
mod rotation;
mod route;
mod sessions;
mod slow;
mod vrrp;

pub use balancer::{Algorithm, BalanceError, Balancer, Choice, MAX_SERVERS, MAX_WEIGHT, Why};
pub use dns::{Dns, DnsCache, DnsPolicy, Site};
pub use ewma::PeakEwma;
pub use hashed::{bounded_cap, source_index};
pub use health::{Health, HealthChange};
pub use least::LeastConnections;
pub use least_request::{LeastRequest, envoy_weight};
pub use outlier::Outliers;
pub use ready::Ready;
pub use retry::RetryBudget;
pub use rotation::{RoundRobin, SmoothWeighted};
pub use route::{Layer, RouteError, Routes};
pub use sessions::Sessions;
pub use slow::slow_start;
pub use vrrp::Vrrp;
