//! A figure that was observed, with what theory says of it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// What theory says of a figure.
///
/// ```
/// use scalelab::engine::Theory;
/// let share = Theory::is(0.25, "1/N");
/// assert_eq!((share.value(), share.by()), (Some(&0.25), "1/N"));
/// let none: Theory<f64> = Theory::unknown("the network is cut");
/// assert_eq!((none.value(), none.by()), (None, "the network is cut"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Theory<T> {
    /// A value, and the formula that it comes from.
    Is {
        /// The value.
        value: T,
        /// The formula, or its name.
        formula: &'static str,
    },
    /// None, and why.
    Unknown {
        /// Why there is none, for people.
        why: &'static str,
    },
}

impl<T> Theory<T> {
    /// What a formula gives.
    pub const fn is(value: T, formula: &'static str) -> Self {
        Self::Is { value, formula }
    }

    /// There is no theory, and why.
    pub const fn unknown(why: &'static str) -> Self {
        Self::Unknown { why }
    }

    /// What a formula gives, where it gives anything.
    pub fn when(value: Option<T>, formula: &'static str, why: &'static str) -> Self {
        value.map_or(Self::Unknown { why }, |value| Self::Is { value, formula })
    }

    /// The value, if there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Is { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The formula, or why there is no value.
    pub const fn by(&self) -> &'static str {
        match self {
            Self::Is { formula, .. } => formula,
            Self::Unknown { why } => why,
        }
    }
}

/// A figure that was observed, with what theory says of it. Nothing was seen yet where `seen` is none.
///
/// As a field `x` of a lab's facts it becomes three: `x`, `theory_x` (null if there is none) and `theory_x_by` (the formula,
/// or why there is none). One rule for every lab: see [`facts_of`].
///
/// ```
/// use scalelab::engine::{Observed, Theory, facts_of};
/// #[derive(serde::Serialize)]
/// struct Facts { keys: u32, moved_share: Observed<f64> }
/// let facts = Facts { keys: 1_000, moved_share: Observed::of(0.249, Theory::is(0.25, "1/N")) };
/// assert_eq!(facts_of(&facts).to_string(),
///     r#"{"keys":1000,"moved_share":0.249,"theory_moved_share":0.25,"theory_moved_share_by":"1/N"}"#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed<T> {
    /// What was seen.
    pub seen: Option<T>,
    /// What theory says.
    pub theory: Theory<T>,
}

impl<T> Observed<T> {
    /// Something that was seen.
    pub const fn of(seen: T, theory: Theory<T>) -> Self {
        Self { seen: Some(seen), theory }
    }

    /// Something that nobody has seen yet.
    pub const fn not_yet(theory: Theory<T>) -> Self {
        Self { seen: None, theory }
    }
}

/// Keys that no field of a facts struct can have: they mark an [`Observed`] until its field's name is known.
const SEEN: &str = "\u{0}seen";
const THEORY: &str = "\u{0}theory";
const BY: &str = "\u{0}by";

impl<T: Serialize> Serialize for Observed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(SEEN, &self.seen)?;
        map.serialize_entry(THEORY, &self.theory.value())?;
        map.serialize_entry(BY, self.theory.by())?;
        map.end()
    }
}

/// A lab's facts as JSON, each [`Observed`] as `x`, `theory_x` and `theory_x_by`. Cost: linear in the facts.
pub fn facts_of<F: Serialize + ?Sized>(facts: &F) -> Value {
    flattened(serde_json::to_value(facts).unwrap_or_default())
}

fn flattened(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut flat = Map::with_capacity(map.len());
            for (name, value) in map {
                match value {
                    Value::Object(mut observed) if observed.contains_key(SEEN) => {
                        let mut part = |key: &str| observed.remove(key).map_or(Value::Null, flattened);
                        let (seen, theory, by) = (part(SEEN), part(THEORY), part(BY));
                        flat.insert(name.clone(), seen);
                        flat.insert(format!("theory_{name}"), theory);
                        flat.insert(format!("theory_{name}_by"), by);
                    }
                    other => _ = flat.insert(name, flattened(other)),
                }
            }
            Value::Object(flat)
        }
        Value::Array(list) => Value::Array(list.into_iter().map(flattened).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn observed_is_flat_at_every_depth() {
        #[derive(Serialize)]
        struct Server {
            mean_ms: Observed<f64>,
        }
        #[derive(Serialize)]
        struct Facts {
            server: BTreeMap<&'static str, Server>,
            list: Vec<Server>,
        }
        let server = |seen| Server { mean_ms: Observed { seen, theory: Theory::unknown("no traffic") } };
        let facts = Facts { server: BTreeMap::from([("a", server(Some(2.0)))]), list: vec![server(None)] };
        let wanted = r#"{"server":{"a":{"mean_ms":2.0,"theory_mean_ms":null,"theory_mean_ms_by":"no traffic"}},"list":[{"mean_ms":null,"theory_mean_ms":null,"theory_mean_ms_by":"no traffic"}]}"#;
        assert_eq!(facts_of(&facts).to_string(), wanted);
    }
}
