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
