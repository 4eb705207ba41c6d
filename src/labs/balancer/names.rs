//! What servers and regions are called.

use crate::systems::balancing::MOST_REGIONS;

/// Name of the server with this index: a to z, then s27 and on.
pub fn server_name(index: usize) -> String {
    match index {
        0..26 => char::from(b'a' + index as u8).to_string(),
        _ => format!("s{}", index + 1),
    }
}

/// Name of a server anywhere: at home its own, elsewhere with its region before it.
pub fn full_name(region: usize, index: usize) -> String {
    match (region, REGIONS.get(region)) {
        (1.., Some(place)) => format!("{place}/{}", server_name(index)),
        _ => server_name(index),
    }
}

/// Index of a server by its name; it need not be there.
pub fn server_index(name: &str) -> Option<usize> {
    match name.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(usize::from(letter - b'a')),
        [b's', rest @ ..] if !rest.is_empty() && rest[0] != b'0' => {
            let number: usize = name.get(1..)?.parse().ok()?;
            (number > 26).then(|| number - 1)
        }
        _ => None,
    }
}

/// Names of the regions there can be.
pub const REGIONS: [&str; MOST_REGIONS] = ["eu", "us", "asia", "brazil"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_indices_agree() {
        for index in (0..60).chain([999]) {
            assert_eq!(server_index(&server_name(index)), Some(index));
        }
        for odd in ["", "A", "s26", "s027", "s1", "node-a", "é"] {
            assert_eq!(server_index(odd), None, "{odd}");
        }
    }
}
