//! What queueing theory expects, to hold measurements against.
//!
//! Each formula gives `None` outside of its conditions, say when more work arrives than can be done.

/// Erlang B: the probability that an arrival finds all of `servers` busy, when nobody waits (what finds no
/// free server is lost), for an offered load in erlangs.
///
/// B(0) = 1, B(k) = a·B(k−1)/(k + a·B(k−1)): stable for any size. Cost: O(servers).
/// Source: Erlang, "Solution of some Problems in the Theory of Probabilities", 1917.
///
/// ```
/// use scalelab::algorithms::queueing::theory::erlang_b;
/// assert!((erlang_b(10, 8.0) - 0.121661).abs() < 1e-6);
/// ```
#[must_use]
pub fn erlang_b(servers: u32, load: f64) -> f64 {
    if load.is_nan() || load <= 0.0 {
        return if servers == 0 { 1.0 } else { 0.0 };
    }
    (1..=servers).fold(1.0, |blocked, k| load * blocked / (f64::from(k) + load * blocked))
}

/// Erlang C: the probability that an arrival must wait, in M/M/c with `servers` and one queue, for an
/// offered load in erlangs. 1 when the load is not below the number of servers.
///
/// ```
/// use scalelab::algorithms::queueing::theory::erlang_c;
/// assert!((erlang_c(2, 1.6) - 0.711111).abs() < 1e-6);
/// ```
#[must_use]
pub fn erlang_c(servers: u32, load: f64) -> f64 {
    let c = f64::from(servers);
    if load >= c {
        return 1.0;
    }
    let blocked = erlang_b(servers, load);
    c * blocked / (c - load * (1.0 - blocked))
}

/// Mean wait in the queue of M/M/c, in the unit of `service` (the mean service time): C·S/(c−a).
/// `None` when the queue would grow for ever.
///
/// ```
/// use scalelab::algorithms::queueing::theory::mmc_wait;
/// // Ten servers, eight erlangs, 50 ms each.
/// assert!((mmc_wait(10, 8.0, 50.0).unwrap() - 0.409180 * 50.0 / 2.0).abs() < 1e-4);
/// assert_eq!(mmc_wait(8, 8.0, 50.0), None);
/// ```
#[must_use]
pub fn mmc_wait(servers: u32, load: f64, service: f64) -> Option<f64> {
    let free = f64::from(servers) - load;
    (load >= 0.0 && free > 0.0).then(|| erlang_c(servers, load) * service / free)
}

/// Mean time in M/M/1 (wait and service), in the unit of `service`: S/(1−ρ).
///
/// ```
/// use scalelab::algorithms::queueing::theory::mm1_time;
/// assert!((mm1_time(0.9, 1.0).unwrap() - 10.0).abs() < 1e-9);
/// ```
#[must_use]
pub fn mm1_time(utilization: f64, service: f64) -> Option<f64> {
    mg1_time(utilization, service, 1.0)
}

/// Mean time in M/G/1 (wait and service), in the unit of `service`: S + S·ρ·(1+C²)/(2·(1−ρ)), where
/// `variability` is C², the squared coefficient of variation of service times: 0 when all are equal, 1 when
/// exponential. The formula of Pollaczek (1930) and Khinchine (1932).
///
/// ```
/// use scalelab::algorithms::queueing::theory::mg1_time;
/// assert_eq!(mg1_time(0.5, 100.0, 1.0), Some(200.0)); // exponential
/// assert_eq!(mg1_time(0.5, 100.0, 0.0), Some(150.0)); // constant: half the wait
/// assert_eq!(mg1_time(1.0, 100.0, 1.0), None);
/// ```
#[must_use]
pub fn mg1_time(utilization: f64, service: f64, variability: f64) -> Option<f64> {
    (0.0..1.0)
        .contains(&utilization)
        .then(|| service * (1.0 + utilization * (1.0 + variability) / (2.0 * (1.0 - utilization))))
}

/// How far off the mean of a simulation may well be: its standard deviation over the mean, in M/M/1 that was watched
/// for as many mean service times as `services` says. It shrinks only with the square root of the time watched, and
/// near full load hours are short. For other queues it is a rule of thumb.
///
/// √(2(1+ρ)/(ρ·services))/(1−ρ), from the asymptotic variance 2ρ(1+ρ)/(1−ρ)⁴ of the number in the queue.
/// Source: Whitt, "Planning Queueing Simulations", 1989.
///
/// ```
/// use scalelab::algorithms::queueing::theory::spread;
/// // Five minutes of 50 ms services at 95 %: half of the mean.
/// assert!((spread(0.95, 6_000.0) - 0.523).abs() < 1e-3);
/// ```
#[must_use]
pub fn spread(utilization: f64, services: f64) -> f64 {
    (2.0 * (1.0 + utilization) / (utilization * services)).sqrt() / (1.0 - utilization)
}

/// The share of requests that take longer than `time` in M/M/1: e^(−(1−ρ)·t/S).
///
/// ```
/// use scalelab::algorithms::queueing::theory::mm1_tail;
/// assert!((mm1_tail(0.5, 1.0, 2.0).unwrap() - (-1.0_f64).exp()).abs() < 1e-12);
/// ```
#[must_use]
pub fn mm1_tail(utilization: f64, service: f64, time: f64) -> Option<f64> {
    (0.0..1.0).contains(&utilization).then(|| (-(1.0 - utilization) * time / service).exp())
}

/// Mean time in E_k/M/1, in the unit of `service`: every k-th arrival of a Poisson stream goes to a server
/// with exponential service, which is what round robin over k equal servers makes of it.
///
/// S/(1−σ), where σ is the root below 1 of σ = (kρ/(kρ+1−σ))^k, found by bisection.
/// Source: Kleinrock, "Queueing Systems", volume 1, 1975, chapter 6 (G/M/1).
///
/// ```
/// use scalelab::algorithms::queueing::theory::{erlang_arrivals_time, mm1_time};
/// assert!((erlang_arrivals_time(1, 0.9, 1.0).unwrap() - mm1_time(0.9, 1.0).unwrap()).abs() < 1e-6);
/// assert!(erlang_arrivals_time(4, 0.9, 1.0) < mm1_time(0.9, 1.0));
/// ```
#[must_use]
pub fn erlang_arrivals_time(k: u32, utilization: f64, service: f64) -> Option<f64> {
    if !(0.0..1.0).contains(&utilization) || k == 0 {
        return None;
    }
    let stages = f64::from(k);
    let image = |sigma: f64| (-stages * ((1.0 - sigma) / (stages * utilization)).ln_1p()).exp();
    // Below the root the image lies above the line, beyond it below, until both meet again at 1.
    let (mut low, mut high) = (0.0_f64, 1.0_f64 - 1e-12);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if image(middle) > middle { low = middle } else { high = middle }
    }
    Some(service / (1.0 - f64::midpoint(low, high)))
}

/// Mean time in the supermarket model, in the unit of `service`: many servers, each request goes to the
/// shortest of `choices` queues picked at random. Σ ρ^((d^i−d)/(d−1)) for i ≥ 1; with one choice it is M/M/1.
///
/// Exact in the limit of infinitely many servers. Source: Mitzenmacher, "The Power of Two Choices in
/// Randomized Load Balancing", 1996; Vvedenskaya, Dobrushin and Karpelevich, 1996.
///
/// ```
/// use scalelab::algorithms::queueing::theory::supermarket_time;
/// assert!((supermarket_time(2, 0.9, 1.0).unwrap() - 2.614).abs() < 5e-4);
/// assert!((supermarket_time(1, 0.9, 1.0).unwrap() - 10.0).abs() < 1e-9);
/// ```
#[must_use]
pub fn supermarket_time(choices: u32, utilization: f64, service: f64) -> Option<f64> {
    match choices {
        0 => None,
        1 => mm1_time(utilization, service),
        _ if !(0.0..1.0).contains(&utilization) => None,
        _ => {
            let d = f64::from(choices);
            // The exponent of term i is d + d² + … + d^(i−1).
            let (mut sum, mut exponent, mut power) = (0.0, 0.0, d);
            loop {
                let term = utilization.powf(exponent);
                sum += term;
                if term < 1e-15 {
                    return Some(sum * service);
                }
                exponent += power;
                power *= d;
            }
        }
    }
}

/// The largest number of balls in a bin to be expected, without its O(1) term, when as many balls as bins are
/// thrown: ln n/ln ln n with one random choice, ln ln n/ln d when each goes to the emptier of `choices` bins.
/// `None` below 16 bins, where the logarithms say nothing.
///
/// Source: Azar, Broder, Karlin and Upfal, "Balanced Allocations", 1994.
///
/// ```
/// use scalelab::algorithms::queueing::theory::largest_load;
/// assert!(largest_load(1_000_000, 1).unwrap() > 5.0);
/// assert!(largest_load(1_000_000, 2).unwrap() < 4.0);
/// ```
#[must_use]
pub fn largest_load(bins: u64, choices: u32) -> Option<f64> {
    if bins < 16 || choices == 0 {
        return None;
    }
    let log = (bins as f64).ln();
    Some(if choices == 1 { log / log.ln() } else { log.ln() / f64::from(choices).ln() })
}

/// Little's law: the mean number in a system, from the rate of arrivals and the mean time that each stays.
/// It holds for any system, exactly in any run that starts and ends empty.
///
/// Source: Little, "A Proof for the Queuing Formula: L = λW", 1961.
///
/// ```
/// // 60 a second stay 0.1 s each: 6 are there on average.
/// assert_eq!(scalelab::algorithms::queueing::theory::little(60.0, 0.1), 6.0);
/// ```
#[must_use]
pub fn little(rate: f64, time: f64) -> f64 {
    rate * time
}
