//! What was wanted of a grant, small enough to be remembered for every one of them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::grant::Method;
use super::method_set::MethodSet;
use super::name::SpaceKey;
use super::time::Window;

/// What a source wanted of one guest in one window: a hash of the spaces, the methods and the end, and the start.
///
/// Two are compared to tell whether the source changed its mind (RULES 15). The start stands by itself because any
/// start in the past is equal to any other (RULES 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wanted {
    rest: u64,
    starts_at: Timestamp,
}

/// The text is none of ours: written by an earlier version, or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash of what was wanted")]
pub struct WantedError;

impl Wanted {
    /// Sums up what is wanted; the spaces in the order of their keys.
    pub fn of<'a>(spaces: impl Iterator<Item = &'a SpaceKey>, window: &Window, methods: MethodSet) -> Self {
        let mut hasher = blake3::Hasher::new();
        for space in spaces {
            hasher.update(space.as_str().as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&[0]);
        for method in methods.iter().map(|method: &Method| method.as_str()) {
            hasher.update(method.as_bytes());
            hasher.update(&[0]);
        }
        let end = window.ends_at.map_or(i64::MAX, Timestamp::as_millisecond);
        hasher.update(&end.to_le_bytes());
        let mut rest = [0; 8];
        rest.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self { rest: u64::from_le_bytes(rest), starts_at: window.starts_at }
    }

    /// Whether the same was wanted, seen from an instant.
    pub fn is_same_as(&self, other: &Self, now: Timestamp) -> bool {
        let start = |wanted: &Self| wanted.starts_at.max(now).as_millisecond();
        self.rest == other.rest && start(self) == start(other)
    }
}

/// The form in which it is kept: `w1:HASH:MILLISECONDS`.
impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rest, starts_at } = self;
        write!(formatter, "w1:{rest:016x}:{}", starts_at.as_millisecond())
    }
}

impl From<Wanted> for String {
    fn from(wanted: Wanted) -> Self {
        wanted.to_string()
    }
}

impl TryFrom<String> for Wanted {
    type Error = WantedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, start) = text.strip_prefix("w1:").and_then(|t| t.split_once(':')).ok_or(WantedError)?;
        let start: i64 = start.parse().map_err(|_| WantedError)?;
        Ok(Self {
            rest: u64::from_str_radix(rest, 16).map_err(|_| WantedError)?,
            starts_at: Timestamp::from_millisecond(start).map_err(|_| WantedError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(spaces: &[&str], starts: i64, ends: i64, methods: MethodSet) -> Wanted {
        let at = |second| Timestamp::from_second(second).expect("a small number");
        let spaces: Vec<SpaceKey> = spaces.iter().map(SpaceKey::new).collect();
        Wanted::of(spaces.iter(), &Window::new(at(starts), at(ends)), methods)
    }

    #[test]
    fn doors_methods_the_end_and_a_start_to_come_make_a_difference() {
        let code: MethodSet = [Method::Code].into();
        let first = wanted(&["101", "lobby"], 100, 200, code);
        let check = |other: Wanted, now: i64, expected: bool| {
            let now = Timestamp::from_second(now).expect("a small number");
            assert_eq!(first.is_same_as(&other, now), expected, "{other}");
        };
        check(wanted(&["101", "lobby"], 100, 200, code), 0, true);
        check(wanted(&["101"], 100, 200, code), 0, false);
        check(wanted(&["101", "lobby"], 100, 201, code), 0, false);
        check(wanted(&["101", "lobby"], 100, 200, [Method::Card].into()), 0, false);
        check(wanted(&["101lobby"], 100, 200, code), 0, false);
        check(wanted(&["101", "lobby"], 90, 200, code), 0, false);
        check(wanted(&["101", "lobby"], 90, 200, code), 150, true);
    }

    #[test]
    fn what_was_written_down_is_read_again() {
        let wanted = wanted(&["101"], 100, 200, [Method::Code].into());
        assert_eq!(wanted.to_string().parse(), Ok(wanted));
        for bad in ["", "w1:", "w1:xyz:1", "w1:00:x", "5f2c00"] {
            assert_eq!(bad.parse::<Wanted>(), Err(WantedError), "{bad}");
        }
    }
}
