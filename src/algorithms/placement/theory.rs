//! What the mathematics says a placement should do, to hold measurements against.

/// How uneven the members' shares of a ring are: the relative standard deviation (standard deviation
/// over mean) of the share of one member, for `nodes` members of equal weight with `virtual_nodes`
/// points each. 0.1 means that a typical member is 10 % off.
///
/// √((N−1)/(N·V+1)): the arcs between N·V random points are Dirichlet distributed, and a member has V
/// of them. 0 for fewer than two nodes.
///
/// ```
/// use scalelab::algorithms::placement::theory::spread;
/// assert!((spread(100, 1) - 0.99).abs() < 0.005);
/// assert!((spread(100, 160) - 0.079).abs() < 0.0005);
/// ```
#[must_use]
pub fn spread(nodes: u32, virtual_nodes: u32) -> f64 {
    let points = f64::from(nodes) * f64::from(virtual_nodes);
    (f64::from(nodes.saturating_sub(1)) / (points + 1.0)).sqrt()
}

/// The relative standard deviation of the requests that a member gets, when `requests` are spread over
/// `nodes` members by chance alone: what is left even when all shares are equal.
///
/// √((N−1)/requests), from the multinomial distribution. 0 for fewer than two nodes or no requests.
///
/// ```
/// use scalelab::algorithms::placement::theory::poisson_spread;
/// assert!((poisson_spread(101, 1_000_000) - 0.01).abs() < 1e-12);
/// ```
#[must_use]
pub fn poisson_spread(nodes: u32, requests: u64) -> f64 {
    if requests == 0 { 0.0 } else { (f64::from(nodes.saturating_sub(1)) / requests as f64).sqrt() }
}

/// The share of all keys (0 to 1) that a consistent placement moves when a member joins:
/// w/(W+w), the newcomer's due and nothing else. 0 when nothing has weight.
///
/// Source: Karger et al., "Consistent Hashing and Random Trees", 1997 (monotonicity and balance).
///
/// ```
/// use scalelab::algorithms::placement::theory::moved_on_join;
/// assert_eq!(moved_on_join(3, 1), 0.25);
/// ```
#[must_use]
pub fn moved_on_join(total_weight_before: u64, joining_weight: u64) -> f64 {
    share(joining_weight, total_weight_before as f64 + joining_weight as f64)
}

/// The share of all keys (0 to 1) that a consistent placement moves when a member leaves:
/// w/W, what the leaver owned and nothing else. 0 when nothing has weight.
///
/// ```
/// use scalelab::algorithms::placement::theory::moved_on_leave;
/// assert_eq!(moved_on_leave(4, 1), 0.25);
/// ```
#[must_use]
pub fn moved_on_leave(total_weight_before: u64, leaving_weight: u64) -> f64 {
    share(leaving_weight, total_weight_before as f64)
}

fn share(part: u64, whole: f64) -> f64 {
    if whole > 0.0 { part as f64 / whole } else { 0.0 }
}

/// The share of all keys (0 to 1) that hash modulo N moves when `from_nodes` become `to_nodes`.
///
/// Exact: 1 − min(n, m)/lcm(n, m), as of every lcm(n, m) consecutive hashes min(n, m) keep their
/// residue. From n to n+1 that is n/(n+1). From or to 0 nodes all keys move, 0 to 0 none.
///
/// ```
/// use scalelab::algorithms::placement::theory::modulo_moved;
/// assert_eq!(modulo_moved(3, 4), 0.75);
/// assert_eq!(modulo_moved(4, 8), 0.5);
/// ```
#[must_use]
pub fn modulo_moved(from_nodes: u32, to_nodes: u32) -> f64 {
    if from_nodes == to_nodes {
        return 0.0;
    }
    // min/lcm = gcd/max, which stays small.
    let (mut divisor, mut rest) = (from_nodes, to_nodes);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    if from_nodes == 0 || to_nodes == 0 {
        return 1.0;
    }
    let most = from_nodes.max(to_nodes);
    f64::from(most - divisor) / f64::from(most)
}

/// The share of all keys (0 to 1) that jump moves when the member at place `index`, counted from 0, of `nodes` leaves.
///
/// Jump can only drop its last bucket: all later members get another number. A key stays if its bucket is before
/// `index`, or if it was in the last one and falls into the one before it, which is now that member's.
///
/// ```
/// use scalelab::algorithms::placement::theory::jump_moved_on_leave;
/// assert_eq!(jump_moved_on_leave(4, 3), 0.25); // the last one: what a consistent placement moves
/// assert!(jump_moved_on_leave(4, 0) > 0.9);
/// ```
#[must_use]
pub fn jump_moved_on_leave(nodes: u32, index: usize) -> f64 {
    let (count, later) = (f64::from(nodes), f64::from(nodes.saturating_sub(1)) - index as f64);
    if later <= 0.0 { 1.0 / count } else { (later + 1.0) / count - 1.0 / (count * (count - 1.0)) }
}

/// As [`spread`], for members of any weights, each with `virtual_nodes` points per unit of weight.
///
/// Member i has nᵢ of P points: its share is Beta(nᵢ, P−nᵢ), whose variance over the squared mean is
/// (P−nᵢ)/(nᵢ(P+1)). 0 without members.
///
/// ```
/// use scalelab::algorithms::placement::theory::{spread, weighted_spread};
/// assert!((weighted_spread(&[1; 5], 100) - spread(5, 100)).abs() < 1e-12);
/// assert!(weighted_spread(&[1, 9], 100) > spread(2, 500)); // the light one has few points
/// ```
#[must_use]
pub fn weighted_spread(weights: &[u32], virtual_nodes: u32) -> f64 {
    let points = |weight: f64| weight * f64::from(virtual_nodes);
    let all = points(weights.iter().map(|w| u64::from(*w)).sum::<u64>() as f64);
    let each = weights.iter().map(|w| points(f64::from(*w)));
    (each.map(|n| (all - n) / (n * (all + 1.0))).sum::<f64>() / weights.len().max(1) as f64).sqrt()
}

/// As [`poisson_spread`], for members of any weights and keys of any popularity: the chance in which keys, of which there
/// are finitely many and some are hot, fall to which member. `concentration` is Σp², the sum of the squared popularities
/// (0 to 1) of the keys: 1/K when all K are alike.
///
/// A member with the share s has the variance (1−s)/s · Σp² over its squared mean. 0 without members.
///
/// ```
/// use scalelab::algorithms::placement::theory::{poisson_spread, sampling_spread};
/// assert!((sampling_spread(&[1; 5], 1.0 / 10_000.0) - poisson_spread(5, 10_000)).abs() < 1e-12);
/// ```
#[must_use]
pub fn sampling_spread(weights: &[u32], concentration: f64) -> f64 {
    let whole = weights.iter().map(|w| u64::from(*w)).sum::<u64>() as f64;
    let shares = weights.iter().map(|w| f64::from(*w) / whole);
    let mean = shares.map(|s| (1.0 - s) / s).sum::<f64>() / weights.len().max(1) as f64;
    (mean * concentration).sqrt()
}
