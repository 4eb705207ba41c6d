//! Maglev hashing: a lookup table that all members fill in turn.

use xxhash_rust::xxh64::xxh64;

use super::{MAX_MEMBERS, Member, Placement, PlacementError, check_members, distinct};

/// The usual number of table entries, a prime: that of Envoy, and the small one of the Maglev paper.
///
/// ```
/// assert_eq!(scalelab::algorithms::placement::DEFAULT_TABLE, 65537);
/// ```
pub const DEFAULT_TABLE: usize = 65537;

/// The most table entries, as in Envoy: 20 MB.
///
/// ```
/// use scalelab::algorithms::placement::{MAX_TABLE, Maglev, PlacementError};
/// assert_eq!(
///     Maglev::envoy(&["a"], 5_000_077).unwrap_err(),
///     PlacementError::BadTable { size: 5_000_077, members: 1, most: MAX_TABLE },
/// );
/// ```
pub const MAX_TABLE: usize = 5_000_011;

/// Marks a table entry that no member has taken yet.
const FREE: u32 = u32::MAX;

/// Placement by a table with a prime number M of entries; a key belongs to the member at key modulo M.
///
/// Each member has its own permutation of the entries, and the members take their next free entry in
/// turn, in the order given, until none is free. A lighter member sits out turns, so that it takes its
/// weight's share, as Envoy does. The table is nearly even; a change moves little more than it must,
/// but does move some keys between members that stay. Successors are the next distinct members in the
/// table. Lookup O(1), build O(M log M) on average for equal weights, 4·M bytes.
///
/// Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", 2016.
///
/// ```
/// use scalelab::algorithms::placement::{DEFAULT_TABLE, Maglev, Member, Placement};
/// let nodes = Maglev::new(&[Member::new("a", 1), Member::new("b", 3)], DEFAULT_TABLE, 0)?;
/// let owned = nodes.table().iter().filter(|&&owner| owner == 1).count();
/// assert!((owned as f64 / DEFAULT_TABLE as f64 - 0.75).abs() < 0.001);
/// assert_eq!(nodes.lookup_steps(7), 1);
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maglev {
    members: Vec<Member>,
    table: Vec<u32>,
}

impl Maglev {
    /// Fills a table of `table_size` entries for these members; none is fine, then no key has an owner.
    ///
    /// Offset and skip are XXH64 of the name with the seeds 2·`seed` and 2·`seed`+1, so that seed 0
    /// gives the table of [`Maglev::envoy`].
    ///
    /// # Errors
    /// When the size is not a prime, less than the number of members or above [`MAX_TABLE`]; when
    /// there are too many members, a weight of 0, or two members of one name.
    pub fn new(members: &[Member], table_size: usize, seed: u64) -> Result<Self, PlacementError> {
        check_members(members)?;
        check_table(members.len(), table_size)?;
        let seed = seed.wrapping_mul(2);
        let size = table_size as u64;
        let rows: Vec<(u64, u64, u32)> = members
            .iter()
            .map(|member| {
                let offset = xxh64(member.name.as_bytes(), seed) % size;
                let skip = xxh64(member.name.as_bytes(), seed.wrapping_add(1)) % (size - 1) + 1;
                (offset, skip, member.weight)
            })
            .collect();
        Ok(Self { members: members.to_vec(), table: fill(&rows, table_size) })
    }

    /// The table that Envoy's Maglev load balancer builds for these hosts, all of weight 1.
    ///
    /// # Errors
    /// Those of [`Maglev::new`].
    ///
    /// ```
    /// use scalelab::algorithms::placement::Maglev;
    /// let nodes = Maglev::envoy(&["90", "91", "92", "93", "94", "95"], 7)?;
    /// assert_eq!(nodes.table(), [2, 5, 0, 3, 4, 1, 0]);
    /// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
    /// ```
    pub fn envoy(hosts: &[&str], table_size: usize) -> Result<Self, PlacementError> {
        let members: Vec<Member> = hosts.iter().map(|host| Member::new(*host, 1)).collect();
        Self::new(&members, table_size, 0)
    }

    /// The owner of each table entry. Empty when there is no member.
    #[must_use]
    pub fn table(&self) -> &[u32] {
        &self.table
    }
}

/// Fills a table of `table_size` entries from the rows' permutations: row i is (offset, skip, weight),
/// and its permutation is offset, offset + skip, offset + 2·skip, … modulo the size.
///
/// # Errors
/// When the size is not a prime, less than the number of rows or above [`MAX_TABLE`]; when a skip is a
/// multiple of the size (its permutation would stay in one place); when there are too many rows; or
/// when a weight is 0.
///
/// ```
/// use scalelab::algorithms::placement::maglev_table;
/// // The example of the Maglev paper, and without its B1.
/// assert_eq!(maglev_table(&[(3, 4, 1), (0, 2, 1), (3, 1, 1)], 7)?, [1, 0, 1, 0, 2, 2, 0]);
/// assert_eq!(maglev_table(&[(3, 4, 1), (3, 1, 1)], 7)?, [0, 0, 0, 0, 1, 1, 1]);
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
pub fn maglev_table(rows: &[(u64, u64, u32)], table_size: usize) -> Result<Vec<u32>, PlacementError> {
    if rows.len() > MAX_MEMBERS {
        return Err(PlacementError::TooManyMembers { members: rows.len(), most: MAX_MEMBERS });
    }
    check_table(rows.len(), table_size)?;
    let size = table_size as u64;
    if let Some(at) = rows.iter().position(|row| row.2 == 0) {
        return Err(PlacementError::ZeroWeight { name: format!("row {at}") });
    }
    if rows.iter().any(|row| row.1 % size == 0) {
        return Err(PlacementError::BadTable { size: table_size, members: rows.len(), most: MAX_TABLE });
    }
    let rows: Vec<_> = rows.iter().map(|row| (row.0 % size, row.1 % size, row.2)).collect();
    Ok(fill(&rows, table_size))
}

fn check_table(members: usize, size: usize) -> Result<(), PlacementError> {
    if size < members || size > MAX_TABLE || !is_prime(size) {
        return Err(PlacementError::BadTable { size, members, most: MAX_TABLE });
    }
    Ok(())
}

fn is_prime(number: usize) -> bool {
    number >= 2
        && (2..).take_while(|divisor| divisor * divisor <= number).all(|divisor| !number.is_multiple_of(divisor))
}

/// The work of [`maglev_table`], for offsets below the size, skips from 1 to the size − 1 and weights from 1.
fn fill(rows: &[(u64, u64, u32)], size: usize) -> Vec<u32> {
    let Some(heaviest) = rows.iter().map(|row| u64::from(row.2)).max() else { return Vec::new() };
    let mut table = vec![FREE; size];
    let mut next: Vec<usize> = rows.iter().map(|row| row.0 as usize).collect();
    // In round r a row may have taken r·weight/heaviest entries; `due` is what the next one costs.
    let mut due = vec![0_u64; rows.len()];
    let mut free = size;
    for round in 1_u64.. {
        for (row, &(_, skip, weight)) in rows.iter().enumerate() {
            if round * u64::from(weight) < due[row] {
                continue;
            }
            due[row] += heaviest;
            let mut entry = next[row];
            while table[entry] != FREE {
                entry = (entry + skip as usize) % size;
            }
            table[entry] = row as u32;
            next[row] = (entry + skip as usize) % size;
            free -= 1;
            if free == 0 {
                return table;
            }
        }
    }
    table
}

impl Placement for Maglev {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn owner(&self, key: u64) -> Option<u32> {
        key.checked_rem(self.table.len() as u64).map(|entry| self.table[entry as usize])
    }

    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>) {
        let entry = key.checked_rem(self.table.len() as u64).unwrap_or(0);
        let (before, after) = self.table.split_at(entry as usize);
        distinct(after.iter().chain(before).copied(), n, self.members.len(), out);
    }

    fn memory_bytes(&self) -> usize {
        size_of_val(self.table.as_slice())
    }

    fn lookup_steps(&self, key: u64) -> u32 {
        u32::from(self.owner(key).is_some())
    }

    fn cost(&self) -> &'static str {
        "O(1)"
    }
}
