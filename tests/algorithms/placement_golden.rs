//! Placement against what other programs and papers say, row by row of the project's references.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::hash::key_hash;
use scalelab::algorithms::placement::{
    BoundedRing, DEFAULT_TABLE, EnvoyRing, Jump, Ketama, Maglev, Member, Modulo, Placement, PlacementError, Rendezvous,
    Ring, hashi, jump_hash, maglev_table, theory,
};
use xxhash_rust::xxh64::xxh64;

const ENVOY_HOSTS: [&str; 6] =
    ["127.0.0.1:90", "127.0.0.1:91", "127.0.0.1:92", "127.0.0.1:93", "127.0.0.1:94", "127.0.0.1:95"];

fn equal(count: usize) -> Vec<Member> {
    (0..count).map(|i| Member::new(format!("node-{i}"), 1)).collect()
}

#[test]
fn xxhash_agrees_with_its_specification() {
    let of = |text: &str| (xxh64(text.as_bytes(), 0), key_hash(0, text.as_bytes()));
    assert_eq!(of(""), (0xef46_db37_51d8_e999, 0x2d06_8005_38d3_94c2));
    assert_eq!(of("a"), (0xd24e_c4f1_a98c_6e5b, 0xe6c6_32b6_1e96_4e1f));
    assert_eq!(of("abc"), (0x44bc_2cf5_ad77_0999, 0x78af_5f94_892f_3950));
}

#[test]
fn ketama_agrees_with_libketama() {
    assert_eq!(hashi("test"), 3_446_378_249);
    let ring = Ketama::new(&[("127.0.0.1:11211", 600), ("127.0.0.1:11212", 400)]);
    assert_eq!(ring.points().len(), 320);
    assert_eq!(ring.points().iter().filter(|point| point.1 == 0).count(), 4 * 48);
    assert_eq!(ring.point_for("test"), Some((3_454_255_383, 0)));
    // This key lands exactly on a point, which then is its own: at or after, not after.
    assert_eq!(ring.point_for("127.0.0.1:11212-7"), Some((hashi("127.0.0.1:11212-7"), 1)));
    assert_eq!(Ketama::new(&[]).point_for("test"), None);
    assert_eq!(Ketama::new(&[("a", 0)]).point_for("test"), None);
}

/// numerator / denominator, rounded to the 24 bits of a single-precision number, half to even, as (mantissa, exponent): in
/// whole numbers, so that it shares nothing with the rounding of the machine.
fn single(numerator: u128, denominator: u128) -> (u128, i32) {
    let mut exponent = 0;
    let (mut above, mut below) = (numerator, denominator);
    while above < below << 23 {
        (above, exponent) = (above << 1, exponent - 1);
    }
    while above >= below << 24 {
        (below, exponent) = (below << 1, exponent + 1);
    }
    let (quotient, twice_rest) = (above / below, above % below * 2);
    let up = twice_rest > below || (twice_rest == below && quotient % 2 == 1);
    (quotient + u128::from(up), exponent)
}

/// mantissa · 2^exponent, rounded down.
fn whole((mantissa, exponent): (u128, i32)) -> usize {
    (if exponent < 0 { mantissa >> exponent.unsigned_abs().min(127) } else { mantissa << exponent }) as usize
}

/// What libketama's `floorf(pct * 40.0 * (float)numservers)` gives a server: `pct` is rounded, and the product again.
fn ketama_digests(weight: u32, total: u64, servers: usize) -> usize {
    let rounded = |number: u64| {
        let (mantissa, exponent) = single(u128::from(number), 1);
        if exponent < 0 { mantissa >> exponent.unsigned_abs() } else { mantissa << exponent }
    };
    let (mantissa, exponent) = single(rounded(weight.into()), rounded(total));
    let (product, shift) = single(mantissa * 40 * servers as u128, 1);
    whole((product, shift + exponent))
}

/// The same without the second rounding.
fn unrounded_digests(weight: u32, total: u64, servers: usize) -> usize {
    (f64::from(weight as f32 / total as f32) * 40.0 * servers as f64) as usize
}

/// Points of each server.
fn ketama_counts(servers: &[(&str, u32)]) -> Vec<usize> {
    let mut counts = vec![0; servers.len()];
    Ketama::new(servers).points().iter().for_each(|point| counts[point.1] += 1);
    counts
}

fn addresses(count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("10.0.{}.{}:11211", 1 + i / 256, i % 256)).collect()
}

#[test]
fn ketama_agrees_with_libketama_at_every_server_count() {
    let (mut told_apart, addresses) = (0, addresses(128));
    for count in 1..=addresses.len() {
        let servers: Vec<(&str, u32)> = addresses[..count].iter().map(|address| (address.as_str(), 1)).collect();
        let digests = ketama_digests(1, count as u64, count);
        assert_eq!(ketama_counts(&servers), vec![4 * digests; count], "{count} servers");
        told_apart += usize::from(unrounded_digests(1, count as u64, count) != digests);
    }
    assert_eq!(told_apart, 36, "counts at which a product of double precision would give other points");
}

#[test]
fn ketama_agrees_with_libketama_at_unequal_weights() {
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let addresses = addresses(128);
    let mut told_apart = 0;
    for most in [2, 10, 600, 65_536, 20_000_000, u32::MAX] {
        for count in [1, 2, 3, 7, 25, 29, 50, 83, 100, 128] {
            let servers: Vec<(&str, u32)> =
                addresses[..count].iter().map(|address| (address.as_str(), rng.random_range(1..=most))).collect();
            let total: u64 = servers.iter().map(|server| u64::from(server.1)).sum();
            let digests: Vec<usize> = servers.iter().map(|server| ketama_digests(server.1, total, count)).collect();
            let points: Vec<usize> = digests.iter().map(|digests| 4 * digests).collect();
            assert_eq!(ketama_counts(&servers), points, "{servers:?}");
            let unrounded = servers.iter().map(|server| unrounded_digests(server.1, total, count));
            told_apart += unrounded.zip(&digests).filter(|(unrounded, digests)| unrounded != *digests).count();
        }
    }
    assert!(told_apart > 0, "none of these weights tells a single-precision product from a double one");
}

/// The ring of libketama with so many digests a server, built here.
fn plain_ketama(servers: &[String], digests: usize) -> BTreeMap<u32, usize> {
    let mut ring = BTreeMap::new();
    for (index, address) in servers.iter().enumerate() {
        for k in 0..digests {
            let digest = Md5::digest(format!("{address}-{k}"));
            for four in digest.chunks(4) {
                ring.insert(u32::from_le_bytes([four[0], four[1], four[2], four[3]]), index);
            }
        }
    }
    ring
}

#[test]
fn ketama_places_the_keys_of_25_servers_as_libketama_does() {
    let servers: Vec<String> = (1..=25).map(|i| format!("10.0.1.{i}:11211")).collect();
    let weighted: Vec<(&str, u32)> = servers.iter().map(|address| (address.as_str(), 1)).collect();
    let ring = Ketama::new(&weighted);
    assert_eq!(ring.points().len(), 4_000);
    let (right, short) = (plain_ketama(&servers, 40), plain_ketama(&servers, 39));
    let at = |ring: &BTreeMap<u32, usize>, key: &str| {
        ring.range(hashi(key)..).next().or(ring.iter().next()).map(|(position, server)| (*position, *server))
    };
    let keys: Vec<String> = (0..1_000).map(|i| format!("key-{i}")).collect();
    assert!(keys.iter().all(|key| ring.point_for(key) == at(&right, key)));
    let server = |ring: &BTreeMap<u32, usize>, key: &str| at(ring, key).map(|point| point.1);
    let elsewhere = keys.iter().filter(|key| server(&right, key) != server(&short, key)).count();
    assert_eq!(elsewhere, 33, "keys that a digest less for each server would send elsewhere");
}

#[test]
fn ring_agrees_with_envoy() {
    let ring = EnvoyRing::new(&ENVOY_HOSTS, 12, EnvoyRing::DEFAULT_MAXIMUM).unwrap();
    let expected = [
        (833_437_586_790_550_860, 4),
        (928_266_305_478_181_108, 2),
        (1_033_482_794_131_418_490, 0),
        (3_551_244_743_356_806_947, 5),
        (3_851_675_632_748_031_481, 3),
        (5_583_722_120_771_150_861, 1),
        (6_311_230_543_546_372_928, 1),
        (7_700_377_290_971_790_572, 3),
        (13_144_177_310_400_110_813, 5),
        (13_444_792_449_719_432_967, 2),
        (15_516_499_411_664_133_160, 4),
        (16_117_243_373_044_804_889, 0),
    ];
    assert_eq!(ring.points(), expected);
    assert_eq!(ring.host(0), Some(4));
    assert_eq!(ring.host(u64::MAX), Some(4));
    assert_eq!(ring.host(3_551_244_743_356_806_947), Some(5));
    assert_eq!(ring.host(3_551_244_743_356_806_948), Some(3));
}

#[test]
fn envoy_ring_sizes() {
    let size = |minimum, maximum| EnvoyRing::new(&ENVOY_HOSTS, minimum, maximum).map(|ring| ring.points().len());
    assert_eq!(size(1024, 8 << 20), Ok(6 * 171));
    assert_eq!(size(1, 3), Ok(3));
    assert!(matches!(size(2, 1), Err(PlacementError::BadRingSize { .. })));
    assert!(matches!(size(1, (8 << 20) + 1), Err(PlacementError::BadRingSize { .. })));
    let weighted = EnvoyRing::weighted(&[("a", 1), ("b", 2)], 3, 1024).unwrap();
    assert_eq!(weighted.points().iter().filter(|point| point.1 == 1).count(), 2);
    assert_eq!(EnvoyRing::new(&[], 12, 12).unwrap().host(0), None);
}

#[test]
fn maglev_agrees_with_envoy() {
    assert_eq!(Maglev::envoy(&ENVOY_HOSTS, 7).unwrap().table(), [2, 4, 0, 1, 5, 0, 3]);
    assert_eq!(Maglev::envoy(&["90", "91", "92", "93", "94", "95"], 7).unwrap().table(), [2, 5, 0, 3, 4, 1, 0]);
    let members: Vec<Member> = ENVOY_HOSTS.iter().map(|host| Member::new(*host, 1)).collect();
    assert_eq!(Maglev::new(&members, 7, 0).unwrap().table(), Maglev::envoy(&ENVOY_HOSTS, 7).unwrap().table());
    assert_eq!(Maglev::new(&members, DEFAULT_TABLE, 0).unwrap().table().len(), 65537);
    for size in [0, 1, 4, 5, 9, 65536, 5_000_077] {
        assert!(matches!(Maglev::envoy(&ENVOY_HOSTS, size), Err(PlacementError::BadTable { .. })), "{size}");
    }
}

#[test]
fn maglev_agrees_with_its_paper() {
    // The permutations 3041526, 0246135 and 3456012 as (offset, skip).
    let (b0, b1, b2) = ((3, 4, 1), (0, 2, 1), (3, 1, 1));
    assert_eq!(maglev_table(&[b0, b1, b2], 7).unwrap(), [1, 0, 1, 0, 2, 2, 0]);
    assert_eq!(maglev_table(&[b0, b2], 7).unwrap(), [0, 0, 0, 0, 1, 1, 1]);
    assert!(matches!(maglev_table(&[(3, 7, 1)], 7), Err(PlacementError::BadTable { .. })));
    assert!(matches!(maglev_table(&[(3, 1, 0)], 7), Err(PlacementError::ZeroWeight { .. })));
}

#[test]
fn jump_agrees_with_its_paper() {
    let first: Vec<u32> = (0..20).map(|key| jump_hash(key, 100)).collect();
    assert_eq!(first, [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83]);
    let table = [
        (10_863_919_174_838_991, 11, 6),
        (2_016_238_256_797_177_309, 11, 3),
        (1_673_758_223_894_951_030, 11, 5),
        (2, 100_001, 80_343),
        (2201, 100_001, 22_152),
        (2202, 100_001, 15_018),
    ];
    for (key, buckets, bucket) in table {
        assert_eq!(jump_hash(key, buckets), bucket, "key {key}");
    }
    assert_eq!((jump_hash(9, 0), jump_hash(9, 1)), (0, 0));
    assert!(jump_hash(u64::MAX, u32::MAX) < u32::MAX);
}

#[test]
fn rendezvous_breaks_ties_by_name_and_moves_its_due() {
    // Without weight all scores are equal.
    let tied = Rendezvous::new(&[Member::new("b", 0), Member::new("a", 0), Member::new("c", 0)], 0);
    assert_eq!(tied.owner(1), Some(1));
    let mut order = Vec::new();
    tied.successors(1, 3, &mut order);
    assert_eq!(order, [1, 0, 2]);

    let (before, after) = (Rendezvous::new(&equal(9), 5), Rendezvous::new(&equal(10), 5));
    let keys = 20_000_u64;
    let moved = (0..keys).filter(|&key| before.owner(key) != after.owner(key)).count();
    assert!((moved as f64 / keys as f64 - theory::moved_on_join(9, 1)).abs() < 0.01, "{moved}");
}

#[test]
fn bounded_loads_stay_under_their_bound() {
    assert_eq!(BoundedRing::new(&[], 1, 0, 100).unwrap_err(), PlacementError::BadBound { percent: 100 });
    assert_eq!(BoundedRing::new(&[], 1, 0, 0).unwrap_err(), PlacementError::BadBound { percent: 0 });
    let ring = BoundedRing::new(&equal(3), 10, 1, 125).unwrap();
    // ⌈1.25 · 10 / 3⌉ = ⌈4.17⌉, all for one key: its successors fill up in turn.
    let result = ring.assign(&[(77, 10)], &[true; 3]);
    assert_eq!(result.capacity, [5; 3]);
    let mut order = Vec::new();
    ring.successors(77, 3, &mut order);
    let in_turn: Vec<u64> = order.iter().map(|&member| result.loads[member as usize]).collect();
    assert_eq!(in_turn, [5, 5, 0]);
    assert_eq!((result.owner, result.spilled), (vec![Some(order[0])], 5));
    // Without its owner the key starts at the next member, which then is no spill.
    let mut alive = [true; 3];
    alive[order[0] as usize] = false;
    let result = ring.assign(&[(77, 1)], &alive);
    assert_eq!((result.owner, result.spilled), (vec![Some(order[1])], 0));
}

#[test]
fn virtual_nodes_even_out_as_theory_says() {
    let nodes = 100;
    for (virtual_nodes, expected, rings) in [(1, 0.99, 60), (10, 0.315, 40), (100, 0.0995, 20), (160, 0.079, 20)] {
        assert!((theory::spread(nodes, virtual_nodes) - expected).abs() < 0.005 * expected.max(0.1));
        let mut squares = 0.0;
        for seed in 0..rings {
            let shares = Ring::new(&equal(nodes as usize), virtual_nodes, seed).unwrap().arc_shares();
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            squares += shares.iter().map(|share| (share * f64::from(nodes) - 1.0).powi(2)).sum::<f64>();
        }
        let measured = (squares / (rings as f64 * f64::from(nodes))).sqrt();
        assert!((measured / expected - 1.0).abs() < 0.08, "V={virtual_nodes}: {measured}, theory {expected}");
    }
    assert!((theory::spread(nodes, 1000) - 0.0315).abs() < 0.0001);
}

#[test]
fn modulo_moves_exactly_its_share() {
    for (from, to) in [(1, 2), (3, 4), (4, 8), (6, 10), (10, 9), (7, 7)] {
        let (before, after) = (Modulo::new(&equal(from)), Modulo::new(&equal(to)));
        // A multiple of lcm(from, to), so that the share is exact.
        let keys = (from * to) as u64 * 10;
        let moved = (0..keys).filter(|&key| before.owner(key) != after.owner(key)).count();
        let theory = theory::modulo_moved(from as u32, to as u32);
        assert!((moved as f64 / keys as f64 - theory).abs() < 1e-12, "{from} to {to}");
    }
    assert_eq!((theory::modulo_moved(0, 0), theory::modulo_moved(0, 3), theory::modulo_moved(3, 0)), (0.0, 1.0, 1.0));
}

#[test]
fn empty_groups_own_nothing() {
    let all: [Box<dyn Placement>; 6] = [
        Box::new(Ring::new(&[], 10, 0).unwrap()),
        Box::new(BoundedRing::new(&[], 10, 0, 125).unwrap()),
        Box::new(Modulo::new(&[])),
        Box::new(Jump::new(&[])),
        Box::new(Rendezvous::new(&[], 0)),
        Box::new(Maglev::new(&[], 7, 0).unwrap()),
    ];
    for placement in &all {
        let mut order = vec![9];
        placement.successors(3, 2, &mut order);
        assert!(order.is_empty());
        assert_eq!((placement.owner(3), placement.lookup_steps(3), placement.members().len()), (None, 0, 0));
    }
}

#[test]
fn rings_refuse_what_does_not_work() {
    let two = [Member::new("a", 1), Member::new("a", 2)];
    assert_eq!(Ring::new(&two, 1, 0).unwrap_err(), PlacementError::Duplicate { name: "a".into() });
    assert_eq!(Ring::new(&two[..1], 0, 0).unwrap_err(), PlacementError::NoVirtualNodes);
    let mut ring = Ring::new(&two[..1], 16, 0).unwrap();
    let before = ring.clone();
    assert!(matches!(ring.add(Member::new("b", u32::MAX)), Err(PlacementError::TooManyPoints { .. })));
    assert!(matches!(ring.add(Member::new("b", 0)), Err(PlacementError::ZeroWeight { .. })));
    assert!(matches!(ring.add(Member::new("a", 1)), Err(PlacementError::Duplicate { .. })));
    ring.remove(1);
    assert_eq!(ring, before);
    assert_eq!(ring.point(16), ring.point(0));
}
