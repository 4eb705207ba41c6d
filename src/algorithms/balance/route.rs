//! Layer 7 routes: the path of a request decides who may serve it.

use std::collections::BTreeMap;

use clap::ValueEnum;

/// Where the balancer looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layer {
    /// Addresses and ports: it balances connections
    #[value(name = "4")]
    Four,
    /// Paths, headers and cookies: it balances requests, and ends TLS
    #[value(name = "7")]
    Seven,
}

/// Rules from path prefixes to pools; the longest prefix that fits wins, and `/` fits everything.
///
/// A rule may also point to another rule (`/img` goes where `/static` goes). O(rules) a look-up.
/// Sources: HAProxy `use_backend … if { path_beg … }`, nginx `location`.
///
/// ```
/// use scalelab::algorithms::balance::{RouteError, Routes};
/// let mut routes = Routes::default();
/// routes.set("/api", "app")?;
/// routes.set("/api/v2", "/api")?;
/// assert_eq!(routes.pool("/api/v2/users"), Some("app"));
/// assert_eq!(routes.pool("/apix"), None); // a prefix ends at a slash
/// let error = routes.set("/api", "/api/v2").unwrap_err();
/// assert_eq!(error, RouteError::Cycle(vec!["/api".into(), "/api/v2".into(), "/api".into()]));
/// # Ok::<(), RouteError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    rules: BTreeMap<String, String>,
}

/// Most rules.
const MOST: usize = 100;
/// Longest prefix and longest pool name, in bytes.
const LONGEST: usize = 200;

/// Why a rule was refused. The rules are as before.
#[derive(thiserror::Error, Clone, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// A prefix that is no path.
    #[error("'{0}' is no path prefix: begin it with a slash, and use at most 200 bytes")]
    NoPath(String),
    /// A pool without a name.
    #[error("'{0}' is no name of a pool: use 1 to 200 bytes, and no slash but at the start, to point to another rule")]
    NoPool(String),
    /// Rules that lead round in a circle.
    #[error("the rules lead in a circle, {}: point one of them to a pool", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A rule that points to a rule that is not there.
    #[error("there is no rule for '{0}': set that one first")]
    Dangling(String),
    /// Too many rules.
    #[error("there are {MOST} rules, the most: remove one first")]
    TooMany,
}

impl Routes {
    /// Sends the paths below a prefix to a pool, or to where the rule of another prefix sends.
    ///
    /// # Errors
    /// Every [`RouteError`].
    pub fn set(&mut self, prefix: &str, target: &str) -> Result<(), RouteError> {
        if !prefix.starts_with('/') || prefix.len() > LONGEST {
            return Err(RouteError::NoPath(prefix.to_owned()));
        }
        if target.is_empty()
            || target.len() > LONGEST
            || target.get(1..).is_some_and(|t| !target.starts_with('/') && t.contains('/'))
        {
            return Err(RouteError::NoPool(target.to_owned()));
        }
        if self.rules.len() >= MOST && !self.rules.contains_key(prefix) {
            return Err(RouteError::TooMany);
        }
        let mut way = vec![prefix.to_owned()];
        let mut at = target;
        while at.starts_with('/') {
            way.push(at.to_owned());
            if at == prefix {
                return Err(RouteError::Cycle(way));
            }
            at = self.rules.get(at).ok_or_else(|| RouteError::Dangling(at.to_owned()))?;
        }
        self.rules.insert(prefix.to_owned(), target.to_owned());
        Ok(())
    }

    /// Takes a rule away, if it is there and no other rule points to it.
    pub fn remove(&mut self, prefix: &str) -> bool {
        !self.rules.values().any(|target| target == prefix) && self.rules.remove(prefix).is_some()
    }

    /// The pool for a path; `None` if no rule fits.
    #[must_use]
    pub fn pool(&self, path: &str) -> Option<&str> {
        let fits = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with(['/', '?']))
        };
        let longest = self.rules.keys().filter(|prefix| fits(prefix)).max_by_key(|prefix| prefix.len())?;
        let mut target = self.rules.get(longest)?;
        // No circle can be set, so this ends.
        while let Some(next) = self.rules.get(target) {
            target = next;
        }
        Some(target)
    }

    /// All rules, as they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().map(|(prefix, target)| (prefix.as_str(), target.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}
